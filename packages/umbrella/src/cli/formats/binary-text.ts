// Not by one regular expression: V8 runs out of stack where a group repeats millions of times.

/** The bytes that base64 says, undefined where it is none. */
export function fromBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}

/** The bytes that hexadecimal digits say, undefined where they are none. */
export function fromHex(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'hex');
  return bytes.toString('hex') === text.toLowerCase() ? bytes : undefined;
}

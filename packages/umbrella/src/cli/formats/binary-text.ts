// Encoding again is the check. A regular expression would overflow V8's stack if a group repeats millions of times.

/** Decodes base64. Returns undefined if the text is not base64. */
export function fromBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}

/** Decodes hexadecimal digits. Returns undefined if the text is anything else. */
export function fromHex(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'hex');
  return bytes.toString('hex') === text.toLowerCase() ? bytes : undefined;
}

/**
 * Returns random bytes. Node loads the global `crypto` at its first use; an import of `node:crypto` would cost every
 * process milliseconds, also those that only read.
 */
export function randomBytes(length: number): Buffer {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(length)).buffer);
}

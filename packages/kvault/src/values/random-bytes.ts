/**
 * Random bytes. The global `crypto` is loaded at its first use; importing `node:crypto` instead would take milliseconds of
 * every process that only reads.
 */
export function randomBytes(length: number): Buffer {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(length)).buffer);
}

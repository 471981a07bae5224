/** A difference between the library and the model. */
export class Mismatch extends Error {}

/** Returns a value as one short line. */
export function show(value: unknown): string {
  if (value instanceof Error) return `${value.name} ${(value as { code?: string }).code ?? ''}: ${value.message}`;
  const text =
    JSON.stringify(value, (_, part) => {
      if (typeof part === 'bigint') return `${part}n`;
      if (part?.type === 'Buffer') return `0x${Buffer.from(part.data).toString('hex').slice(0, 40)}`;
      return typeof part === 'string' && part.length > 60 ? `${part.slice(0, 20)}… (${part.length})` : part;
    }) ?? 'undefined';
  return text.length <= 900 ? text : `${text.slice(0, 900)}…`;
}

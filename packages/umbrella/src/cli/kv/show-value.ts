import { inspect } from 'node:util';
import { printable } from '../terminal/text.ts';
import { isJson } from './json-record.ts';

/** Returns a decoded value as text: as JSON if JSON can represent it, otherwise as Node prints it. */
export function shownValue(value: unknown, { colors, safe }: { colors: boolean; safe: boolean }): string {
  const text = typeof value === 'string' ? value : isJson(value) ? JSON.stringify(value, null, 2) : undefined;
  if (text !== undefined) return safe ? text.split('\n').map(printable).join('\n') : text;
  return inspect(value, { depth: null, colors, maxArrayLength: 1_000, maxStringLength: null });
}

/** Returns whether bytes are text without characters that control a terminal. */
export function isPlainText(bytes: Buffer): boolean {
  const text = bytes.toString('utf8');
  return Buffer.from(text).equals(bytes) && text.split(/[\n\t]/).every((line) => printable(line) === line);
}

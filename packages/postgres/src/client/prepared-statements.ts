import type { QueryArrayConfig } from 'pg';
import { PARSERS } from './cells.ts';

const { createHash } = process.getBuiltinModule('node:crypto');

const asText = (text: string) => text;

/** How the driver gives rows, and makes their cells. */
export const ROWS = {
  rowMode: 'array',
  types: { getTypeParser: (id: number) => PARSERS[id] ?? asText } as unknown as QueryArrayConfig['types'],
} as const;

const statements = new Map<string, QueryArrayConfig>();
/** Programs have a few dozen statements. More come from tables that come and go. */
const MOST = 1_000;

/** Returns all of a prepared statement that is the same in each call. It is shared: put the values into another object. */
export function preparedStatement(text: string): QueryArrayConfig {
  const found = statements.get(text);
  if (found) return found;
  if (statements.size >= MOST) statements.clear();
  const statement = Object.freeze({ text, name: nameOf(text), ...ROWS });
  statements.set(text, statement);
  return statement;
}

/**
 * Returns the name under which a connection keeps a prepared statement. It follows from the text, so that programs that
 * share a connection of a pooler mean the same by it.
 */
function nameOf(text: string): string {
  return `kv_${createHash('sha256').update(text).digest('hex').slice(0, 32)}`;
}

const { createHash } = process.getBuiltinModule('node:crypto');

const names = new Map<string, string>();
/** Programs have a few dozen statements. More come from tables that come and go. */
const MOST = 1_000;

/**
 * Returns the name under which a connection keeps a prepared statement. It follows from the text, so that programs that
 * share a connection of a pooler mean the same by it.
 */
export function statementName(text: string): string {
  const found = names.get(text);
  if (found !== undefined) return found;
  if (names.size >= MOST) names.clear();
  const name = `kv_${createHash('sha256').update(text).digest('hex').slice(0, 32)}`;
  names.set(text, name);
  return name;
}

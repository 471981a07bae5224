import type { AsyncChange } from '@kohakuvault/postgres';

/** Returns changes as texts: "+ key" and "- key". */
export function shown(changes: readonly AsyncChange<string | Buffer>[]): string[] {
  return changes.map(({ kind, key }) => `${kind === 'set' ? '+' : '-'} ${key}`);
}

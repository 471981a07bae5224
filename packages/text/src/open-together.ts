import type { Connection } from '@kohakuvault/core-native/internal/database';

interface Closable {
  close(): void;
}

/** Notes a vault that was opened, and returns it. */
export type Keep = <V extends Closable>(vault: V) => V;

/** Opens vaults in one transaction. If that fails, also at its end, they are closed: nobody has them. */
export function openTogether<T>(connection: Connection, open: (keep: Keep) => T): T {
  const opened: Closable[] = [];
  try {
    return connection.transaction(() =>
      open((vault) => {
        opened.push(vault);
        return vault;
      }),
    );
  } catch (error) {
    for (const vault of opened) vault.close();
    throw error;
  }
}

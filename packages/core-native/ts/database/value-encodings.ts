import { describe } from '../checks/options.ts';
import { InvalidArgument, KohakuVaultError } from '../errors/errors.ts';
import type { Access } from './access.ts';
import type { Connection } from './connection.ts';
import { quoteIdentifier, tableKey } from './identifiers.ts';
import { TABLE } from './meta.ts';
import { metaEntry, setMetaEntry } from './meta-entries.ts';

/** The encoding of tables about which the file says nothing: those of the Python package, and of vaults without one. */
const DEFAULT = 'auto';

/** How a vault's table gets its encoding, and keeps it. */
export interface EncodedTableSetup {
  readonly table: string;
  /** The name of the encoding that the vault was opened with. */
  readonly encoding: string;
  /** Whether the table has no values, written or pending. Called inside a transaction. */
  isEmpty(): boolean;
}

/** Returns the name of the encoding of a table's values. */
function encodingOf(connection: Access, table: string): string {
  return metaEntry(connection, encodingKey(table)) ?? DEFAULT;
}

/** Checks that a table has the encoding that a vault was opened with. An empty table without any takes it over. */
export function agreeOnEncoding(connection: Access, setup: EncodedTableSetup): void {
  const { table, encoding, isEmpty } = setup;
  if (encodingOf(connection, table) === encoding) return;
  const { inTransaction } = connection.shared.database;
  connection.transaction(() => {
    // Another process may have decided since.
    const found = encodingOf(connection, table);
    if (found === encoding) return;
    if (found !== DEFAULT || !isEmpty()) throw otherEncoding(table, encoding, found);
    if (connection.readonly) {
      throw new KohakuVaultError(
        `the table ${quoteIdentifier(table)} has no values yet, and a readonly vault cannot record their encoding; ` +
          'open it writable once',
        { code: 'KV_READONLY' },
      );
    }
    if (inTransaction) {
      throw new InvalidArgument(
        `the table ${quoteIdentifier(table)} has no encoding yet, and gets it when the vault is opened. Open it outside ` +
          'of the transaction, which may be rolled back',
      );
    }
    setMetaEntry(connection, encodingKey(table), encoding);
  });
}

/**
 * Does the same for a vault whose values have a table of their own, and counts it until its share ends: all open vaults
 * on the table have one encoding, also while the table is empty. `values` is the table of values, quoted.
 */
export function shareEncoding(connection: Connection, table: string, encoding: string, values: string): void {
  const open = connection.companion(`encoding of ${tableKey(table)}`, makeOpenEncoding);
  if (open.vaults > 0 && open.name !== encoding) throw otherEncoding(table, encoding, open.name);
  agreeOnEncoding(connection, { table, encoding, isEmpty: emptinessOf(connection, values) });
  open.name = encoding;
  open.vaults++;
  connection.whenEnded(() => open.vaults--);
}

/** Outside of the function, as the next one: a callback of it outlives the vault, and must not refer to it. */
function emptinessOf(connection: Connection, values: string): () => boolean {
  const first = connection.query(`SELECT 1 FROM ${values} LIMIT 1`);
  return () => connection.read(() => first.get()) === undefined;
}

function makeOpenEncoding(): { name: string; vaults: number } {
  return { name: DEFAULT, vaults: 0 };
}

/** Forgets the encoding of a table that is made or dropped. */
export function forgetEncoding(connection: Access, table: string): void {
  if (encodingOf(connection, table) === DEFAULT) return;
  setMetaEntry(connection, encodingKey(table), undefined);
}

/** Keeps the encoding of a table that is renamed. */
export function renameEncoding(connection: Access, from: string, to: string): void {
  forgetEncoding(connection, to);
  const rename = connection.statement(`UPDATE main.${TABLE} SET key = ? WHERE key = ?`);
  connection.write(() => rename.run(encodingKey(to), encodingKey(from)));
}

/** Returns the error for a vault whose encoding is not that of its table. */
export function otherEncoding(table: string, given: string, found: string): InvalidArgument {
  const name = quoteIdentifier(table);
  return new InvalidArgument(
    found === DEFAULT
      ? `valueEncoding is ${describe(given)}, but ${name} has values of the encoding 'auto'; leave it out, or choose ` +
          'another table'
      : `valueEncoding is ${describe(given)}, but the values of ${name} are encoded as ${describe(found)}; pass ` +
          `valueEncoding: ${describe(found)}, or the codec of that name, or choose another table`,
  );
}

/** The key of `kohakuvault_meta` under which a file keeps the name of a table's encoding. */
export function encodingKey(table: string): string {
  return `value_encoding:${tableKey(table)}`;
}

const STORED = Symbol.for('kohakuvault.stored values');

/** The option of vaults for the command line, which reads and writes the values of any table as they are stored. */
export const storedValues: object = { [STORED]: true };

/** Whether a vault was opened with `storedValues`. */
export function readsStored(options: object | undefined): boolean {
  return (options as { [STORED]?: unknown } | undefined)?.[STORED] === true;
}

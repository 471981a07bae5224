import { quoteIdentifier } from './identifiers.ts';

const UNMARKED = 'id NOT IN (SELECT id FROM <own> WHERE key = 0)';
/** The id in a manifest. Its numbers are those of the format, whose home is kvault's `manifest.ts`. */
const ID = "CASE WHEN length(NEW.value) = <n> AND substr(NEW.value, 1, <n>) = x'<hex>' THEN substr(NEW.value, <n>) END";

const TRIM =
  'DELETE FROM <own> WHERE last_insert_rowid() % <number> = 0 AND kind <> 0 AND number < last_insert_rowid() - <number>;';
const ADD_NEW = "INSERT INTO <own> (kind, key) SELECT 1, NEW.key WHERE typeof(NEW.key) = 'blob';";

const LENGTH = 'length(NEW.key) + length(NEW.value)';
const USE =
  `INSERT INTO <own> SELECT NEW.key, ${LENGTH}, 1 + coalesce((SELECT max(used) FROM <own> WHERE key IS NOT 0), 0); ` +
  `UPDATE <own> SET bytes = bytes + ${LENGTH}, used = used + 1 WHERE key = 0;`;

/**
 * The triggers of `@kohakuvault/kvault` on the tables of vaults: how their names begin, which the name of the table
 * follows, and what follows their names. `<own>` is the table of the same name, which they write. A test there checks
 * that they are the same.
 */
const TRIGGERS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  // The parts of values.
  kohakuvault_parts_: {
    delete:
      'AFTER delete ON <values> WHEN EXISTS (SELECT 1 FROM <own> WHERE key = OLD.key) BEGIN ' +
      `DELETE FROM <own> WHERE key = OLD.key AND ${UNMARKED}; END`,
    insert:
      'AFTER insert ON <values> WHEN EXISTS (SELECT 1 FROM <own> WHERE key = NEW.key) BEGIN ' +
      `DELETE FROM <own> WHERE key = NEW.key AND id IS NOT ${ID} AND ${UNMARKED}; END`,
    update:
      'AFTER update ON <values> WHEN EXISTS (SELECT 1 FROM <own> WHERE key IN (OLD.key, NEW.key)) BEGIN ' +
      `DELETE FROM <own> WHERE key IN (OLD.key, NEW.key) AND id IS NOT ${ID} AND ${UNMARKED}; ` +
      `UPDATE <own> SET key = NEW.key WHERE key = OLD.key AND OLD.key IS NOT NEW.key AND ${UNMARKED}; END`,
  },
  // When entries expire.
  kohakuvault_expiry_: {
    delete: 'AFTER delete ON <values> BEGIN DELETE FROM <own> WHERE key = OLD.key; END',
    insert: 'AFTER insert ON <values> BEGIN UPDATE <own> SET expires_at = NULL WHERE key = NEW.key; END',
    update:
      'AFTER update OF value ON <values> BEGIN UPDATE <own> SET expires_at = NULL WHERE key = NEW.key AND OLD.key IS NEW.key; END',
    key:
      'AFTER update OF key ON <values> BEGIN DELETE FROM <own> WHERE key = NEW.key AND OLD.key IS NOT NEW.key; ' +
      'UPDATE <own> SET key = NEW.key WHERE key = OLD.key AND OLD.key IS NOT NEW.key; END',
  },
  // The log of changes, while somebody watches.
  kohakuvault_changes_: {
    delete:
      "AFTER delete ON <values> BEGIN INSERT INTO <own> (kind, key) SELECT 2, OLD.key WHERE typeof(OLD.key) = 'blob'; " +
      `${TRIM} END`,
    insert: `AFTER insert ON <values> BEGIN ${ADD_NEW} ${TRIM} END`,
    update:
      'AFTER update OF key, value ON <values> BEGIN INSERT INTO <own> (kind, key) SELECT 2, OLD.key ' +
      `WHERE typeof(OLD.key) = 'blob' AND OLD.key IS NOT NEW.key; ${ADD_NEW} ${TRIM} END`,
  },
  // How long entries are, and when they were used.
  kohakuvault_usage_: {
    delete: `AFTER delete ON <values> WHEN typeof(OLD.key) = 'blob' BEGIN ${forget('OLD.key')} END`,
    insert: `AFTER insert ON <values> WHEN typeof(NEW.key) = 'blob' BEGIN ${forget('NEW.key')} ${USE} END`,
    update:
      "AFTER update OF key, value ON <values> WHEN typeof(OLD.key) = 'blob' AND typeof(NEW.key) = 'blob' BEGIN " +
      `${forget('OLD.key')} ${forget('NEW.key')} ${USE} END`,
  },
};

/** What the triggers of usage do about a key. */
function forget(key: string): string {
  return (
    `UPDATE <own> SET bytes = bytes - coalesce((SELECT bytes FROM <own> WHERE key = ${key}), 0), ` +
    `used = used - (SELECT count(*) FROM <own> WHERE key = ${key}) WHERE key = 0; DELETE FROM <own> WHERE key = ${key};`
  );
}

/** Returns whether a trigger is one of those that keep what belongs to an entry with it, to the letter. */
export function isOwnTrigger(name: string, table: string, sql: string): boolean {
  for (const [beginning, triggers] of Object.entries(TRIGGERS)) {
    for (const [event, body] of Object.entries(triggers)) {
      if (name === `${beginning}${table}_${event}`) return hasText(sql, name, table, beginning + table, body);
    }
  }
  return false;
}

function hasText(sql: string, name: string, table: string, own: string, body: string): boolean {
  const names: Record<string, string> = {
    '<own>': escaped(quoteIdentifier(own)),
    '<values>': escaped(quoteIdentifier(table)),
    '<n>': '\\d{1,3}',
    '<number>': '\\d{1,9}',
    '<hex>': '[0-9a-f]{20}',
  };
  const expected = escaped(`CREATE TRIGGER ${quoteIdentifier(name)} ${body}`);
  const pattern = expected.replaceAll(/<(?:own|values|n|number|hex)>/g, (place) => names[place] as string);
  return new RegExp(`^${pattern}$`).test(sql);
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

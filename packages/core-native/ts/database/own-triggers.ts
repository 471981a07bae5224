import { quoteIdentifier } from './identifiers.ts';

/** How the triggers are called that keep the parts of a vault's values, followed by the name of its table. */
const PARTS = 'kohakuvault_parts_';

const UNMARKED = 'id NOT IN (SELECT id FROM <own> WHERE key = 0)';
/** The id in a manifest. Its numbers are those of the format, whose home is kvault's `manifest.ts`. */
const ID = "CASE WHEN length(NEW.value) = <n> AND substr(NEW.value, 1, <n>) = x'<hex>' THEN substr(NEW.value, <n>) END";

/** The triggers of `@kohakuvault/kvault`, after their names. A test there checks that they are the same. */
const BODIES: Readonly<Record<string, string>> = {
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
};

/** How the triggers are called that log the changes of a vault's table, followed by its name. */
const CHANGES = 'kohakuvault_changes_';

const TRIM =
  'DELETE FROM <own> WHERE last_insert_rowid() % <number> = 0 AND kind <> 0 AND number < last_insert_rowid() - <number>;';
const ADD_NEW = "INSERT INTO <own> (kind, key) SELECT 1, NEW.key WHERE typeof(NEW.key) = 'blob';";

/** Those triggers, which a test of `@kohakuvault/kvault` checks too. */
const LOG_BODIES: Readonly<Record<string, string>> = {
  delete: `AFTER delete ON <values> BEGIN INSERT INTO <own> (kind, key) SELECT 2, OLD.key WHERE typeof(OLD.key) = 'blob'; ${TRIM} END`,
  insert: `AFTER insert ON <values> BEGIN ${ADD_NEW} ${TRIM} END`,
  update:
    "AFTER update OF key, value ON <values> BEGIN INSERT INTO <own> (kind, key) SELECT 2, OLD.key WHERE typeof(OLD.key) = 'blob' " +
    `AND OLD.key IS NOT NEW.key; ${ADD_NEW} ${TRIM} END`,
};

const FAMILIES: readonly { readonly prefix: string; readonly bodies: Readonly<Record<string, string>> }[] = [
  { prefix: PARTS, bodies: BODIES },
  { prefix: CHANGES, bodies: LOG_BODIES },
];

/** Returns whether a trigger is, to the letter, one that removes the parts of a value with it or logs changes. */
export function isOwnTrigger(name: string, table: string, sql: string): boolean {
  for (const { prefix, bodies } of FAMILIES) {
    for (const [event, body] of Object.entries(bodies)) {
      if (name === `${prefix}${table}_${event}`) return patternOf(name, prefix + table, table, body).test(sql);
    }
  }
  return false;
}

function patternOf(name: string, own: string, table: string, body: string): RegExp {
  const names: Readonly<Record<string, string>> = {
    '<own>': escaped(quoteIdentifier(own)),
    '<values>': escaped(quoteIdentifier(table)),
    '<n>': '\\d{1,3}',
    '<number>': '\\d{1,9}',
    '<hex>': '[0-9a-f]{20}',
  };
  const expected = escaped(`CREATE TRIGGER ${quoteIdentifier(name)} ${body}`);
  const pattern = expected.replaceAll(/<(?:own|values|n|number|hex)>/g, (place) => names[place] as string);
  return new RegExp(`^${pattern}$`);
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

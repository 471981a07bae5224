import { quoteIdentifier } from './identifiers.ts';

/** How the triggers are called that keep the parts of a vault's values, followed by the name of its table. */
const PARTS = 'kohakuvault_parts_';

const UNMARKED = 'id NOT IN (SELECT id FROM <parts> WHERE key = 0)';
/** The id in a manifest. Its numbers are those of the format, whose home is kvault's `manifest.ts`. */
const ID = "CASE WHEN length(NEW.value) = <n> AND substr(NEW.value, 1, <n>) = x'<hex>' THEN substr(NEW.value, <n>) END";

/** The triggers of `@kohakuvault/kvault`, after their names. A test there checks that they are the same. */
const BODIES: Readonly<Record<string, string>> = {
  delete:
    'AFTER delete ON <values> WHEN EXISTS (SELECT 1 FROM <parts> WHERE key = OLD.key) BEGIN ' +
    `DELETE FROM <parts> WHERE key = OLD.key AND ${UNMARKED}; END`,
  insert:
    'AFTER insert ON <values> WHEN EXISTS (SELECT 1 FROM <parts> WHERE key = NEW.key) BEGIN ' +
    `DELETE FROM <parts> WHERE key = NEW.key AND id IS NOT ${ID} AND ${UNMARKED}; END`,
  update:
    'AFTER update ON <values> WHEN EXISTS (SELECT 1 FROM <parts> WHERE key IN (OLD.key, NEW.key)) BEGIN ' +
    `DELETE FROM <parts> WHERE key IN (OLD.key, NEW.key) AND id IS NOT ${ID} AND ${UNMARKED}; ` +
    `UPDATE <parts> SET key = NEW.key WHERE key = OLD.key AND OLD.key IS NOT NEW.key AND ${UNMARKED}; END`,
};

/** Returns whether a trigger is one of those that remove the parts of a value with it, to the letter. */
export function isOwnTrigger(name: string, table: string, sql: string): boolean {
  for (const [event, body] of Object.entries(BODIES)) {
    if (name !== `${PARTS}${table}_${event}`) continue;
    const names: Record<string, string> = {
      '<parts>': escaped(quoteIdentifier(PARTS + table)),
      '<values>': escaped(quoteIdentifier(table)),
      '<n>': '\\d{1,3}',
      '<hex>': '[0-9a-f]{20}',
    };
    const expected = escaped(`CREATE TRIGGER ${quoteIdentifier(name)} ${body}`);
    const pattern = expected.replaceAll(/<(?:parts|values|n|hex)>/g, (place) => names[place] as string);
    return new RegExp(`^${pattern}$`).test(sql);
  }
  return false;
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

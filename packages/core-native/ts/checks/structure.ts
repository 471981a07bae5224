import { CorruptData, KohakuVaultError } from '../errors/errors.ts';

/** The names of an object's keys, in their order. */
export type Structure = readonly string[];

/** The most structures of a list. The libraries could number 8,160. */
export const MOST_STRUCTURES = 1_024;
/** The most keys of a structure, and the most characters of its JSON. Other objects are stored with their keys. */
const MOST_KEYS = 128;
const MOST_JSON = 4_096;

/** Keys that are not well-formed, and `__proto__`, are not the same after the libraries have read them. */
export function isStructure(keys: Structure): boolean {
  return (
    keys.length <= MOST_KEYS &&
    keys.every((key) => key !== '__proto__' && key.isWellFormed()) &&
    JSON.stringify(keys).length <= MOST_JSON
  );
}

/** Checks a row of a table of structures, which may come from a file of strangers. */
export function checkedStructure(table: string, id: number, json: unknown, expected: number): Structure {
  const damaged = (what: string) => new CorruptData(`structure ${expected} in ${table} ${what}; restore a backup`);
  if (id !== expected) throw damaged('is missing');
  if (expected >= MOST_STRUCTURES) {
    throw new KohakuVaultError(
      `${table} has more than ${MOST_STRUCTURES} structures, which this release does not read`,
    );
  }
  if (typeof json !== 'string' || json.length > MOST_JSON) throw damaged('is not a list of keys');
  let keys: unknown;
  try {
    keys = JSON.parse(json);
  } catch {
    throw damaged('is not JSON');
  }
  if (!Array.isArray(keys) || !keys.every((key) => typeof key === 'string') || new Set(keys).size < keys.length) {
    throw damaged('is not a list of different keys');
  }
  if (!isStructure(keys)) throw damaged('has keys that no structure may have');
  return keys;
}

import { type Access, structuresOf } from '@kohakuvault/core-native/internal/database';
import { type CodecOptions, codecOf, type ValueCodec } from '@kohakuvault/packer/value';
import { type Key, showKey } from '../keys/keys.ts';

/** A key, or a function that makes it, for callers to whom that costs something: only messages need the key. */
type KeyOrHow = Key | (() => Key);

/** The codec of the values of a KVault. Messages name the key and the table. */
export type KeyedCodec = ValueCodec<KeyOrHow>;

export function keyedCodec(connection: Access, table: string, options: CodecOptions): KeyedCodec {
  const names = {
    given: (key: KeyOrHow) => `the value for ${shown(key)}`,
    stored: (key: KeyOrHow) => `the value of ${shown(key)} in ${table}`,
  };
  return codecOf('KVault', names, options, () => structuresOf(connection));
}

function shown(key: KeyOrHow): string {
  return showKey(typeof key === 'function' ? key() : key);
}

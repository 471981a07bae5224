import { type CodecOptions, codecOf, type StructureList, type ValueCodec } from '@kohakuvault/packer/value';
import { type Key, showKey } from '../keys/keys.ts';

/** A key, or a function that makes it, for callers to whom that costs something: only messages need the key. */
type KeyOrHow = Key | (() => Key);

/** The codec of the values of a KVault. Messages name the key and the table. */
export type KeyedCodec = ValueCodec<KeyOrHow>;

/** `structures` returns the list of structures that the values share, for the encodings that need it. */
export function keyedCodec(table: string, options: CodecOptions, structures: () => StructureList): KeyedCodec {
  const names = {
    given: (key: KeyOrHow) => `the value for ${shown(key)}`,
    stored: (key: KeyOrHow) => `the value of ${shown(key)} in ${table}`,
  };
  return codecOf('KVault', names, options, structures);
}

function shown(key: KeyOrHow): string {
  return showKey(typeof key === 'function' ? key() : key);
}

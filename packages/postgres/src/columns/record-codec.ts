import { EncodedCodec, NO_STRUCTURES, recordFormat } from '@kohakuvault/packer/value';

/**
 * Returns the codec of a column of records. On a server its objects have their keys with them: a list of structures would
 * have to be read before an element is decoded, and locked before one is added.
 */
export function recordCodec(library: 'msgpack' | 'cbor'): EncodedCodec<undefined> {
  const names = { given: () => 'the value', stored: () => 'an element' };
  return new EncodedCodec(names, library, recordFormat(library, NO_STRUCTURES));
}

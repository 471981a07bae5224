import { Readable } from 'node:stream';
import { InvalidArgument } from '@kohakuvault/core-native/internal';
import type { AsyncKVault } from '@kohakuvault/kvault';
import { EncodedCodec, recordFormat, type StructureList } from '@kohakuvault/packer/value';
import type { Shelf, StoredItem } from './side.ts';

/** The encodings whose values share structures. A file has one list of them, and each vault of a server its own. */
export type RecordEncoding = 'msgpack' | 'cbor';

export function isRecordEncoding(encoding: string): encoding is RecordEncoding {
  return encoding === 'msgpack' || encoding === 'cbor';
}

/** A list that stays empty: objects are encoded with their keys. */
const NO_STRUCTURES: StructureList = {
  known: [],
  generation: 0,
  accepts: () => false,
  load: () => false,
  add: () => {},
};

/**
 * A dict whose values share structures. Their numbers mean nothing on the other side, so values are compared and copied in
 * the same encoding without structures, and all of them through memory, as a `get` reads them.
 */
export class RecordShelf implements Shelf {
  readonly #vault: AsyncKVault<unknown, 'bytes'>;
  readonly #codec: EncodedCodec<undefined>;

  constructor(vault: AsyncKVault<unknown, 'bytes'>, encoding: RecordEncoding) {
    this.#vault = vault;
    const names = { given: () => 'a value', stored: () => 'a copied value' };
    this.#codec = new EncodedCodec(names, encoding, recordFormat(encoding, NO_STRUCTURES));
  }

  async *items(): AsyncGenerator<StoredItem, void, undefined> {
    for await (const [key, value] of this.#vault.entries()) {
      yield { key, value: Buffer.from(this.#codec.encode(value, undefined)) };
    }
  }

  setMany(entries: readonly (readonly [Buffer, Buffer])[]): Promise<unknown> {
    return this.#vault.setMany(entries.map(([key, bytes]) => [key, this.#codec.decode(bytes, undefined)] as const));
  }

  addMany(entries: readonly (readonly [Buffer, Buffer])[]): Promise<unknown> {
    return this.setMany(entries);
  }

  deleteMany(keys: readonly Buffer[]): Promise<unknown> {
    return this.#vault.deleteMany(keys);
  }

  read(): Readable {
    return Readable.from(refused());
  }

  async put(): Promise<void> {
    refused();
  }

  size(): Promise<number> {
    return this.#vault.size();
  }
}

/** `items` gives every value, so nobody asks for the bytes of a long one. */
function refused(): never {
  throw new InvalidArgument('values that share structures have no bytes that mean the same elsewhere');
}

import { describe, InvalidArgument } from '@kohakuvault/core-native/internal';
import { encodeFields, type StoredField, type StoredVector, type VectorLike } from '@kohakuvault/vector/internal';
import { encodedIn } from '../kvault/encoded-in.ts';
import type { VectorContext } from './vector-context.ts';
import type { VectorId } from './vector-ids.ts';
import type { NewRow } from './vector-writes.ts';

/** Checks and encodes the vectors of one vault, and decodes what is stored. */
export class VectorRows {
  readonly #context: VectorContext;

  constructor(context: VectorContext) {
    this.#context = context;
  }

  /** Encodes a vector with its value, and what comes with them: fields and an id. */
  encode(owner: string, vector: unknown, value: unknown, extras: unknown): NewRow {
    if (extras !== undefined && (typeof extras !== 'object' || extras === null || Array.isArray(extras))) {
      throw new InvalidArgument(
        `${owner}: the third argument is ${describe(extras)}; expected an object of fields and id`,
      );
    }
    const { id, ...fields } = (extras ?? {}) as { id?: unknown };
    const { ids } = this.#context;
    return {
      // Ids of text are never made up.
      id: id === undefined && ids.kind === 'i64' ? undefined : ids.check(owner, id),
      vector: this.encodeVector(owner, vector),
      value: this.encodeValue(owner, value),
      fields: this.encodeFields(owner, { value }, fields),
    };
  }

  encodeVector(owner: string, vector: unknown): Buffer {
    return this.#context.format.encode(owner, vector as VectorLike);
  }

  encodeValue(owner: string, value: unknown): Buffer {
    return Buffer.from(this.#context.codec.encode(value, owner));
  }

  /** Checks fields. Those that are not given are computed from the value, if there is a value. */
  encodeFields(owner: string, change: { value?: unknown }, given: unknown): Map<string, StoredField> {
    if (given !== undefined && (typeof given !== 'object' || given === null || Array.isArray(given))) {
      throw new InvalidArgument(`${owner}: fields is ${describe(given)}; expected an object`);
    }
    const { fields: types, options } = this.#context;
    const computed = 'value' in change && options.fieldsOf ? options.fieldsOf(change.value as never) : {};
    if (typeof computed !== 'object' || computed === null) {
      throw new InvalidArgument(`${owner}: fieldsOf returned ${describe(computed)}; expected an object`);
    }
    const fields = encodeFields(`${owner}: fieldsOf`, types, computed);
    for (const [name, value] of encodeFields(owner, types, (given ?? {}) as object)) fields.set(name, value);
    return fields;
  }

  decodeVector(bytes: Buffer): StoredVector {
    return this.#context.format.decode(bytes);
  }

  decodeValue(stored: Buffer, id: VectorId): unknown {
    return this.#context.codec.decode(stored, id);
  }

  /** Decodes a value: at once, unless that may need structures that others have added. */
  value(stored: Buffer, id: VectorId): unknown {
    const { encoding } = this.#context.codec;
    const hasStructures = encoding === 'msgpack' || encoding === 'cbor';
    return hasStructures ? this.decoded(() => this.decodeValue(stored, id)) : this.decodeValue(stored, id);
  }

  /** Decodes what may have structures that others have added: those are read first. */
  decoded<T>(decode: () => T | Promise<T>): Promise<T> {
    return this.#context.structures.decode(this.#context.executor, decode);
  }

  /** Encodes values now, and again if that has shown structures that they can share. */
  written<T>(encode: () => T): Promise<T> {
    return encodedIn(this.#context, encode);
  }
}

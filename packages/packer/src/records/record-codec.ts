import { describe } from '@kohakuvault/core-native/internal';
import { zeroed } from '../elements/memory.ts';
import { DecodeError } from '../errors/decode-error.ts';
import { EncodeError } from '../errors/encode-error.ts';
import type { RecordField } from './record-field.ts';

/** The bytes of the length of a field of variable size. */
const LENGTH = 4;
const LONGEST = 2 ** 32 - 1;

/**
 * The bytes of a record: a head of a fixed size, and then the bytes of the fields of variable size, in order. The head
 * has, for each field in order, its bytes, or for a field of variable size the number of its bytes (u32).
 */
export class RecordCodec {
  readonly headSize: number;
  readonly isVarsize: boolean;
  readonly #fields: readonly RecordField[];
  readonly #names: ReadonlySet<string>;
  /** Where the lengths are in the head. */
  readonly #lengthsAt: number[] = [];

  constructor(fields: readonly RecordField[]) {
    this.#fields = fields;
    this.#names = new Set(fields.map(({ name }) => name));
    let at = 0;
    for (const { codec } of fields) {
      if (codec.size === 0) this.#lengthsAt.push(at);
      at += codec.size || LENGTH;
    }
    this.headSize = at;
    this.isVarsize = this.#lengthsAt.length > 0;
  }

  encode(record: unknown): Buffer {
    const values = this.#valuesOf(record);
    const head = zeroed(this.headSize);
    const parts = [head];
    let at = 0;
    for (let index = 0; index < this.#fields.length; index++) {
      const { name, codec } = this.#fields[index] as RecordField;
      try {
        if (codec.encodeInto) codec.encodeInto(values[index], head, at);
        else {
          const bytes = codec.encode(values[index]) as Buffer;
          if (codec.size > 0) head.set(bytes, at);
          else {
            if (bytes.length > LONGEST) throw new EncodeError(`it takes ${bytes.length} bytes; at most ${LONGEST} fit`);
            head.writeUInt32LE(bytes.length, at);
            parts.push(bytes);
          }
        }
      } catch (error) {
        throw EncodeError.within(error, name);
      }
      at += codec.size || LENGTH;
    }
    return parts.length === 1 ? head : Buffer.concat(parts);
  }

  /** Returns the values of the fields. A getter among them runs before anything is encoded. */
  #valuesOf(record: unknown): unknown[] {
    if (typeof record !== 'object' || record === null || Array.isArray(record) || ArrayBuffer.isView(record)) {
      throw new EncodeError(`${describe(record)} is not a record; expected an object with ${this.#expected()}`);
    }
    for (const name of Reflect.ownKeys(record)) {
      if (typeof name === 'string' && this.#names.has(name)) continue;
      if (!Object.getOwnPropertyDescriptor(record, name)?.enumerable) continue;
      throw new EncodeError(`the record has the field ${describe(name)}; expected only ${this.#expected()}`);
    }
    return this.#fields.map(({ name }) => {
      const value = (record as Record<string, unknown>)[name];
      if (value === undefined) {
        throw new EncodeError(`the record has no field ${describe(name)}; expected ${this.#expected()}`);
      }
      return value;
    });
  }

  #expected(): string {
    const names = [...this.#names];
    return `the fields ${names.slice(0, 8).join(', ')}${names.length > 8 ? `, and ${names.length - 8} more` : ''}`;
  }

  /** Returns where the record ends that begins at `start`. */
  endOf(bytes: Buffer, start: number): number {
    let end = start + this.headSize;
    if (end <= bytes.length) for (const at of this.#lengthsAt) end += bytes.readUInt32LE(start + at);
    if (end <= bytes.length) return end;
    throw new DecodeError(
      `the record at offset ${start} takes ${end - start} bytes or more; only ${bytes.length - start} remain`,
    );
  }

  /** Decodes the record between `start` and its end. */
  decode(bytes: Buffer, start: number, end: number): Record<string, unknown> {
    const record: Record<string, unknown> = {};
    let at = start;
    let tail = start + this.headSize;
    for (const { name, codec } of this.#fields) {
      try {
        if (codec.size > 0) {
          record[name] = codec.decode(bytes, at, at + codec.size);
          at += codec.size;
        } else {
          const next = Math.min(end, tail + bytes.readUInt32LE(at));
          record[name] = codec.decode(bytes, tail, next);
          tail = next;
          at += LENGTH;
        }
      } catch (error) {
        throw DecodeError.within(error, name);
      }
    }
    return record;
  }
}

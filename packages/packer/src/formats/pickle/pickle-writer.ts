import { describe } from '@kohakuvault/core-native/internal';
import { arrayLength, asBuffer, isUint8Array } from '../../elements/memory.ts';
import { EncodeError } from '../../errors/encode-error.ts';
import { type VectorSource, vectorOfArray, vectorOfTensor } from '../../tensors/vectors.ts';
import { ByteWriter, DEEPEST } from '../byte-writer.ts';
import { isWrittenAsInteger, SeenIntegers } from '../integers.ts';
import { isPlainObject } from '../plain-object.ts';
import { refuseSymbolKeys } from '../symbol-keys.ts';
import { Opcode } from './pickle-opcodes.ts';
import { encodeSurrogates } from './pickle-text.ts';

const { types } = process.getBuiltinModule('node:util');

/** Encodes plain data and numpy arrays as a pickle of protocol 4, which every Python 3 loads. */
export function encodePickle(value: unknown, integers = new SeenIntegers()): Buffer {
  return new PickleWriter(integers).encode(value);
}

class PickleWriter extends ByteWriter {
  /** The containers with their places in the memo of the pickle machine, for references to the same container. */
  readonly #memo = new Map<object, number>();
  readonly #integers: SeenIntegers;
  #depth = 0;

  constructor(integers: SeenIntegers) {
    super();
    this.#integers = integers;
  }

  encode(value: unknown): Buffer {
    this.begin();
    this.#op(Opcode.PROTO);
    this.#op(4);
    this.#write(value);
    this.#op(Opcode.STOP);
    return this.finish();
  }

  #write(value: unknown): void {
    if (value === null) this.#op(Opcode.NONE);
    else if (typeof value === 'boolean') this.#op(value ? Opcode.NEWTRUE : Opcode.NEWFALSE);
    else if (typeof value === 'number') {
      this.#integers.addNumber(value);
      this.#writeNumber(value);
    } else if (typeof value === 'bigint') {
      this.#integers.bigints = true;
      this.#writeInteger(value);
    } else if (typeof value === 'string') this.#writeString(value);
    else if (typeof value === 'object') this.#writeObject(value);
    else throw unsupported(value);
  }

  #writeNumber(value: number): void {
    if (!isWrittenAsInteger(value)) {
      this.#op(Opcode.BINFLOAT);
      this.reserve(8);
      this.view.setFloat64(this.position, value);
      this.position += 8;
    } else if (value >= 0 && value < 0x100) {
      this.#op(Opcode.BININT1);
      this.#op(value);
    } else if (value === (value | 0)) {
      this.#op(Opcode.BININT);
      this.#writeUint32(value);
    } else {
      this.#writeInteger(BigInt(value));
    }
  }

  /** Writes `LONG4 | length u32 LE | two's complement, little-endian`. */
  #writeInteger(value: bigint): void {
    const digits = twosComplement(value);
    this.#op(Opcode.LONG4);
    this.#writeUint32(digits.length);
    this.#writeRaw(digits.reverse());
  }

  #writeString(text: string): void {
    const bytes = encodeSurrogates(text);
    this.#writeSized(bytes, Opcode.SHORT_BINUNICODE, Opcode.BINUNICODE, Opcode.BINUNICODE8);
  }

  #writeByteString(bytes: Uint8Array): void {
    this.#writeSized(bytes, Opcode.SHORT_BINBYTES, Opcode.BINBYTES, Opcode.BINBYTES8);
  }

  /** Writes the operation for the length, the length in 1, 4 or 8 bytes little-endian, and the bytes. */
  #writeSized(bytes: Uint8Array, short: number, medium: number, long: number): void {
    const { length } = bytes;
    if (length < 0x100) {
      this.#op(short);
      this.#op(length);
    } else if (length < 0x1_0000_0000) {
      this.#op(medium);
      this.#writeUint32(length);
    } else {
      this.#op(long);
      this.reserve(8);
      this.view.setBigUint64(this.position, BigInt(length), true);
      this.position += 8;
    }
    this.#writeRaw(bytes);
  }

  #writeObject(value: object): void {
    const place = this.#memo.get(value);
    if (place !== undefined) {
      this.#op(Opcode.LONG_BINGET);
      this.#writeUint32(place);
      return;
    }
    if (++this.#depth > DEEPEST) throw new EncodeError(`the value is nested more than ${DEEPEST} deep`);
    const vector = ArrayBuffer.isView(value) ? vectorOfArray(value) : vectorOfTensor(value);
    if (isUint8Array(value) || types.isArrayBuffer(value)) this.#writeByteString(asBuffer(value));
    else if (vector) this.#writeVector(vector);
    else if (Array.isArray(value)) this.#writeList(value);
    else if (types.isSet(value)) this.#writeSet(value);
    else if (types.isMap(value)) this.#writeDict(value, [...Map.prototype.entries.call(value)]);
    else if (isPlainObject(value)) {
      refuseSymbolKeys(value);
      this.#writeDict(value, Object.entries(value));
    } else throw unsupported(value);
    this.#depth--;
  }

  #writeList(list: readonly unknown[]): void {
    this.#op(Opcode.EMPTY_LIST);
    this.#memoize(list);
    this.#op(Opcode.MARK);
    const length = arrayLength(list);
    for (let index = 0; index < length; index++) this.#writeAt(index, list[index]);
    this.#op(Opcode.APPENDS);
  }

  #writeDict(dict: object, entries: readonly [unknown, unknown][]): void {
    this.#op(Opcode.EMPTY_DICT);
    this.#memoize(dict);
    this.#op(Opcode.MARK);
    for (const [index, [key, value]] of entries.entries()) {
      this.#writeKey(index, key);
      this.#writeAt(typeof key === 'string' ? key : index, value);
    }
    this.#op(Opcode.SETITEMS);
  }

  #writeSet(set: Set<unknown>): void {
    this.#op(Opcode.EMPTY_SET);
    this.#memoize(set);
    this.#op(Opcode.MARK);
    for (const [index, member] of [...Set.prototype.values.call(set)].entries()) this.#writeKey(index, member);
    this.#op(Opcode.ADDITEMS);
  }

  /** Writes a member of a set or a key. Python allows only immutable values there, so an array becomes a tuple. */
  #writeKey(step: number, key: unknown): void {
    try {
      if (Array.isArray(key)) {
        if (++this.#depth > DEEPEST) throw new EncodeError(`the value is nested more than ${DEEPEST} deep`);
        this.#op(Opcode.MARK);
        const length = arrayLength(key);
        for (let index = 0; index < length; index++) this.#writeKey(index, key[index]);
        this.#op(Opcode.TUPLE);
        this.#depth--;
      } else if (key === null || typeof key !== 'object' || isUint8Array(key) || types.isArrayBuffer(key)) {
        this.#write(key);
      } else {
        throw new EncodeError(
          `${describe(key)} cannot be in a set or a key of a dict in Python; ` +
            'give strings, numbers, bytes or arrays of them',
        );
      }
    } catch (error) {
      throw EncodeError.within(error, step);
    }
  }

  /** Writes `_reconstruct(ndarray, (0,), b'b')` and its state: `(1, shape, dtype, False, bytes)`. */
  #writeVector({ element, shape, data }: VectorSource): void {
    const code = `${element.type[0]}${element.size}`;
    this.#writeGlobal('numpy.core.multiarray', '_reconstruct');
    this.#writeGlobal('numpy', 'ndarray');
    this.#writeNumber(0);
    this.#op(Opcode.TUPLE1);
    this.#writeByteString(Buffer.from('b'));
    this.#op(Opcode.TUPLE3);
    this.#op(Opcode.REDUCE);
    this.#op(Opcode.MARK);
    this.#writeNumber(1);
    this.#op(Opcode.MARK);
    for (const size of shape) this.#writeNumber(size);
    this.#op(Opcode.TUPLE);
    this.#writeGlobal('numpy', 'dtype');
    this.#writeString(code);
    this.#op(Opcode.NEWFALSE);
    this.#op(Opcode.NEWTRUE);
    this.#op(Opcode.TUPLE3);
    this.#op(Opcode.REDUCE);
    // The dtype's own state; "<" is its byte order.
    this.#op(Opcode.MARK);
    this.#writeNumber(3);
    this.#writeString(element.size === 1 ? '|' : '<');
    for (let count = 0; count < 3; count++) this.#op(Opcode.NONE);
    this.#writeNumber(-1);
    this.#writeNumber(-1);
    this.#writeNumber(0);
    this.#op(Opcode.TUPLE);
    this.#op(Opcode.BUILD);
    this.#op(Opcode.NEWFALSE);
    this.#writeByteString(asBuffer(data));
    this.#op(Opcode.TUPLE);
    this.#op(Opcode.BUILD);
  }

  #writeGlobal(module: string, name: string): void {
    this.#writeString(module);
    this.#writeString(name);
    this.#op(Opcode.STACK_GLOBAL);
  }

  #memoize(container: object): void {
    this.#op(Opcode.MEMOIZE);
    this.#memo.set(container, this.#memo.size);
  }

  #writeAt(step: string | number, value: unknown): void {
    try {
      this.#write(value);
    } catch (error) {
      throw EncodeError.within(error, step);
    }
  }

  #op(code: number): void {
    this.reserve(1);
    this.bytes[this.position++] = code;
  }

  #writeUint32(value: number): void {
    this.reserve(4);
    this.view.setUint32(this.position, value, true);
    this.position += 4;
  }

  #writeRaw(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.position);
    this.position += bytes.length;
  }
}

/** Returns the two's complement of an integer, big-endian, with room for the sign. */
function twosComplement(value: bigint): Buffer {
  // Not binary digits: a string cannot hold those of the largest bigints.
  const magnitude = (value < 0n ? -value : value).toString(16);
  const bits = (magnitude.length - 1) * 4 + Number.parseInt(magnitude[0] as string, 16).toString(2).length + 1;
  const length = Math.ceil(bits / 8);
  try {
    const digits = BigInt.asUintN(length * 8, value).toString(16);
    return Buffer.from(digits.padStart(length * 2, '0'), 'hex');
  } catch (cause) {
    throw new EncodeError(`${describe(value)} is one of the largest bigints and leaves no room for its sign`, {
      cause,
    });
  }
}

function unsupported(value: unknown): EncodeError {
  return new EncodeError(
    `${describe(value)} cannot be written in a pickle of plain data; give null, booleans, numbers, bigints, strings, ` +
      'bytes, arrays, plain objects, Maps, Sets, typed arrays or tensors',
  );
}

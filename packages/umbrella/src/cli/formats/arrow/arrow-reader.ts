import { type ArrowType, bytesOfBits } from '@kohakuvault/columns/inspect';
import { InvalidArgument } from '@kohakuvault/core-native/internal';
import { RandomAccess } from '../random-access.ts';
import { chooseColumn, type FileColumn } from './arrow-schema.ts';
import { FlatTable } from './flat-reader.ts';

const MAGIC = 'ARROW1';
/** Arrow's number for messages that hold elements. */
const RECORD_BATCH = 3;
/** The limits of the elements that are read together. */
const PART_BYTES = 4 * 1024 * 1024;
const PART_ELEMENTS = 65_536;

/** A part of a column: the bytes of its elements (truth values take one each), and their bounds if they vary in size. */
export interface ArrowPart {
  readonly length: number;
  readonly data: Buffer;
  readonly offsets?: Float64Array;
}

/** A message with elements: its description, and the place of its body in the file. */
interface Batch {
  readonly table: FlatTable;
  readonly body: number;
  readonly bodyLength: number;
}

/** The place of a buffer in the file. */
interface Extent {
  readonly at: number;
  readonly size: number;
}

/** Reads one column of an Arrow IPC file. */
export class ArrowReader implements Disposable {
  readonly #path: string;
  readonly #file: RandomAccess;
  readonly #column: FileColumn;
  readonly #blocks: bigint[][];

  /** Opens the column of a name, or the only column. */
  constructor(path: string, name: string) {
    this.#path = path;
    this.#file = new RandomAccess(path);
    try {
      const footer = this.#footer();
      const schema = footer.table(1);
      if (!schema) throw this.#file.cutOff('it has no schema');
      this.#column = chooseColumn(path, schema, name);
      this.#blocks = footer.longs(3, 3);
    } catch (error) {
      this.#file[Symbol.dispose]();
      throw error;
    }
  }

  get type(): ArrowType {
    return this.#column.type;
  }

  *parts(): Generator<ArrowPart> {
    let remaining = this.#file.size;
    for (const [offset = 0n, metadata = 0n, length = 0n] of this.#blocks) {
      const start = this.#whole(offset, 'a batch begins');
      // The second of the three holds a 32-bit length and padding.
      const metadataLength = this.#whole(BigInt.asIntN(32, metadata), 'the description of a batch ends');
      const bodyLength = this.#whole(length, 'a batch ends');
      // Batches that share bytes could claim more elements than the file holds.
      remaining -= metadataLength + bodyLength;
      if (remaining < 0) throw this.#file.cutOff('its batches are longer than the file');
      yield* this.#partsOf({ table: this.#batch(start, metadataLength), body: start + metadataLength, bodyLength });
    }
  }

  [Symbol.dispose](): void {
    this.#file[Symbol.dispose]();
  }

  #batch(start: number, length: number): FlatTable {
    const framed = this.#file.read(start, length);
    if (framed.length < 8) throw this.#file.cutOff('a batch has no description');
    const message = FlatTable.root(framed.subarray(framed.readUInt32LE(0) === 0xffffffff ? 8 : 4));
    const table = message.int(1, 8) === RECORD_BATCH ? message.table(2) : undefined;
    if (!table) throw this.#file.cutOff('it has a batch without contents');
    if (table.has(3)) {
      throw new InvalidArgument(`${this.#path} is compressed; write it again with compression="uncompressed"`);
    }
    return table;
  }

  *#partsOf(batch: Batch): Generator<ArrowPart> {
    const { type, firstBuffer } = this.#column;
    const length = this.#lengthOf(batch.table);
    if (length === 0) return;
    if (type.kind === 'text' || type.kind === 'bytes') {
      yield* this.#variable(batch, length);
      return;
    }
    const { bits, isBool } = widthOf(type);
    const bytes = (count: number) => Math.ceil((count * bits) / 8);
    const { at } = this.#extent(batch, firstBuffer + depthOf(type), bytes(length));
    // A part begins with a whole byte.
    const unit = isBool ? 8 : 1;
    const step = unit * Math.max(1, Math.floor(Math.min(PART_ELEMENTS, (PART_BYTES * 8) / bits) / unit));
    for (let start = 0; start < length; start += step) {
      const count = Math.min(step, length - start);
      const data = this.#file.read(at + bytes(start), bytes(count));
      yield { length: count, data: isBool ? Buffer.from(bytesOfBits(data, 0, count * bits).buffer) : data };
    }
  }

  *#variable(batch: Batch, length: number): Generator<ArrowPart> {
    const { large, firstBuffer } = this.#column;
    const width = large ? 8 : 4;
    const bounds = this.#extent(batch, firstBuffer + 1, (length + 1) * width);
    const data = this.#extent(batch, firstBuffer + 2, 0);
    for (let start = 0; start < length; ) {
      const count = Math.min(PART_ELEMENTS, length - start);
      const offsets = this.#offsets(bounds.at + start * width, count + 1, data.size);
      // Long elements make shorter parts.
      const first = offsets[0] as number;
      const within = offsets.findIndex((offset) => offset - first > PART_BYTES);
      const taken = within < 0 ? count : Math.max(1, within - 1);
      const bytes = this.#file.read(data.at + first, (offsets[taken] as number) - first);
      yield { length: taken, data: bytes, offsets: offsets.subarray(0, taken + 1).map((offset) => offset - first) };
      start += taken;
    }
  }

  /** Reads the bounds of elements. Checks that they ascend and lie inside the data. */
  #offsets(position: number, count: number, most: number): Float64Array {
    const { large } = this.#column;
    const bytes = this.#file.read(position, count * (large ? 8 : 4));
    const offsets = new Float64Array(count);
    for (let index = 0, before = 0; index < count; index++) {
      const offset = large ? Number(bytes.readBigInt64LE(index * 8)) : bytes.readInt32LE(index * 4);
      if (offset < before || offset > most) {
        throw this.#file.cutOff(`an element of its column ${this.#column.name} ends at byte ${offset} of ${most}`);
      }
      offsets[index] = offset;
      before = offset;
    }
    return offsets;
  }

  /** Returns the number of elements of a batch. Checks the sizes of lists, and refuses nulls. */
  #lengthOf(table: FlatTable): number {
    const { type, firstNode, name } = this.#column;
    const nodes = table.longs(1, 2);
    let length = 0;
    let expected: number | undefined;
    let inner: ArrowType | undefined = type;
    for (let node = firstNode; inner; node++) {
      const [claimed, nulls] = nodes[node] ?? [];
      if (claimed === undefined) throw this.#file.cutOff('a batch lacks a column');
      if (nulls !== 0n)
        throw new InvalidArgument(`the column ${name} of ${this.#path} has nulls, which columns cannot store`);
      const count = this.#whole(claimed, 'a column ends');
      if (expected === undefined) length = count;
      else if (count !== expected) throw this.#file.cutOff(`lists hold ${count} elements; expected ${expected}`);
      expected = inner.kind === 'list' ? count * inner.size : undefined;
      inner = inner.kind === 'list' ? inner.of : undefined;
    }
    return length;
  }

  /** Returns the place of a buffer. Checks that it is inside its batch, and has enough bytes. */
  #extent({ table, body, bodyLength }: Batch, index: number, least: number): Extent {
    const [start, length] = table.longs(2, 2)[index] ?? [];
    if (start === undefined || length === undefined) throw this.#file.cutOff('a batch lacks a buffer');
    const at = this.#whole(start, 'a buffer begins');
    const size = this.#whole(length, 'a buffer ends');
    if (!Number.isSafeInteger(least) || size < least || at + size > bodyLength) {
      throw this.#file.cutOff(`a buffer has ${size} bytes, and its elements need ${least}`);
    }
    return { at: body + at, size };
  }

  #footer(): FlatTable {
    const { size } = this.#file;
    const isArrow = size > 22 && this.#file.read(0, 6).toString('latin1') === MAGIC;
    if (!isArrow) throw new InvalidArgument(`${this.#path} is not an Arrow IPC file`);
    const end = this.#file.read(size - 10, 10);
    const length = end.readInt32LE(0);
    if (end.toString('latin1', 4) !== MAGIC || length < 8 || length > size - 18) {
      throw this.#file.cutOff(`an Arrow file ends with ${MAGIC}`);
    }
    return FlatTable.root(this.#file.read(size - 10 - length, length));
  }

  #whole(number: bigint, what: string): number {
    if (number < 0n || number > BigInt(this.#file.size) * 8n) throw this.#file.cutOff(`${what} at ${number}`);
    return Number(number);
  }
}

function depthOf(type: ArrowType): number {
  return type.kind === 'list' ? 1 + depthOf(type.of) : 1;
}

/** Returns the bits of one element, and whether they are truth values. */
function widthOf(type: ArrowType): { bits: number; isBool: boolean } {
  if (type.kind === 'list') {
    const { bits, isBool } = widthOf(type.of);
    return { bits: type.size * bits, isBool };
  }
  if (type.kind === 'fixed bytes') return { bits: 8 * type.size, isBool: false };
  if (type.kind !== 'number') return { bits: 0, isBool: false };
  return type.element === 'bool' ? { bits: 1, isBool: true } : { bits: Number(type.element.slice(1)), isBool: false };
}

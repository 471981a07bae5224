import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { CorruptData, InvalidArgument } from '@kohakuvault/core-native';
import type { ElementType } from '@kohakuvault/packer';
import type { ArrowType } from './arrow-type.ts';
import { FlatTable } from './flat-reader.ts';

const MAGIC = 'ARROW1';

/** Types by their numbers in Arrow's Schema.fbs: those that are read, and those that are only stepped over. */
const TYPE_NAMES = [
  'none', 'null', 'int', 'float', 'binary', 'utf8', 'bool', 'decimal', 'date', 'time', 'timestamp', 'interval', 'list',
  'struct', 'union', 'fixed binary', 'fixed list', 'map', 'duration', 'large binary', 'large utf8', 'large list',
]; // biome-ignore format: a numbered list

/** A column of the file, and which of its nodes and buffers are that column's. */
interface FileColumn {
  readonly name: string;
  readonly type: ArrowType;
  readonly large: boolean;
  readonly firstNode: number;
  readonly firstBuffer: number;
}

/** Part of a column: its bytes back to back, with bounds where elements vary in size. */
export interface ArrowPart {
  readonly length: number;
  readonly data: Buffer;
  readonly offsets?: Float64Array;
}

/** One column of an Arrow IPC file. */
export class ArrowReader implements Disposable {
  readonly #path: string;
  readonly #file: number;
  readonly #column: FileColumn;
  readonly #blocks: number[][];

  /** The column of this name, or the only one. */
  constructor(path: string, name: string) {
    this.#path = path;
    this.#file = openSync(path, 'r');
    try {
      const footer = this.#footer();
      const schema = footer.table(1);
      if (!schema) throw new CorruptData(`${path} has no schema`);
      this.#column = chooseColumn(path, schema.tables(1), name);
      this.#blocks = footer.longs(3, 3);
    } catch (error) {
      closeSync(this.#file);
      throw error;
    }
  }

  get type(): ArrowType {
    return this.#column.type;
  }

  *parts(): Generator<ArrowPart> {
    // The second of three holds a length of 32 bits, and padding.
    for (const [offset = 0, metadata = 0, bodyLength = 0] of this.#blocks) {
      const metadataLength = metadata % 2 ** 32;
      const framed = this.#bytes(offset, metadataLength);
      const message = FlatTable.root(framed.subarray(framed.readUInt32LE(0) === 0xffffffff ? 8 : 4));
      const batch = message.table(2);
      if (!batch) throw new CorruptData(`${this.#path} has a batch without contents`);
      if (batch.has(3)) {
        throw new InvalidArgument(`${this.#path} is compressed; write it again without (compression="uncompressed")`);
      }
      yield this.#part(batch, offset + metadataLength, bodyLength);
    }
  }

  [Symbol.dispose](): void {
    closeSync(this.#file);
  }

  #part(batch: FlatTable, body: number, bodyLength: number): ArrowPart {
    const { type, large, firstNode, firstBuffer, name } = this.#column;
    const nodes = batch.longs(1, 2);
    const buffers = batch.longs(2, 2);
    const depth = depthOf(type);
    for (const [, nulls = 0] of nodes.slice(firstNode, firstNode + depth)) {
      if (nulls > 0)
        throw new InvalidArgument(`the column ${name} of ${this.#path} has nulls, and a column here has none`);
    }
    const length = nodes[firstNode]?.[0] ?? 0;
    const read = (index: number, least: number) => {
      const [at = 0, size = 0] = buffers[index] ?? [];
      if (size < least || at < 0 || at + size > bodyLength)
        throw new CorruptData(`${this.#path} is damaged or cut off`);
      return this.#bytes(body + at, least);
    };
    if (type.kind !== 'text' && type.kind !== 'bytes') {
      return { length, data: read(firstBuffer + depth, length * sizeOf(type)) };
    }
    if (length === 0) return { length, data: Buffer.alloc(0), offsets: Float64Array.of(0) };
    const width = large ? 8 : 4;
    const bounds = read(firstBuffer + 1, (length + 1) * width);
    const offsets = Float64Array.from({ length: length + 1 }, (_, index) =>
      large ? Number(bounds.readBigInt64LE(index * 8)) : bounds.readInt32LE(index * 4),
    );
    return { length, data: read(firstBuffer + 2, offsets[length] as number), offsets };
  }

  #footer(): FlatTable {
    const { size } = fstatSync(this.#file);
    const isArrow = size > 22 && this.#bytes(0, 6).toString('latin1') === MAGIC;
    if (!isArrow) throw new InvalidArgument(`${this.#path} is no Arrow IPC file`);
    const end = this.#bytes(size - 10, 10);
    const length = end.readInt32LE(0);
    if (end.toString('latin1', 4) !== MAGIC || length < 8 || length > size - 18) {
      throw new CorruptData(`${this.#path} is cut off: an Arrow file ends with ${MAGIC}`);
    }
    return FlatTable.root(this.#bytes(size - 10 - length, length));
  }

  #bytes(position: number, length: number): Buffer {
    if (length < 0 || position + length > fstatSync(this.#file).size) throw new CorruptData(`${this.#path} is cut off`);
    const bytes = Buffer.alloc(length);
    for (let done = 0; done < length; ) done += readSync(this.#file, bytes, done, length - done, position + done);
    return bytes;
  }
}

function chooseColumn(path: string, fields: FlatTable[], name: string): FileColumn {
  const names = fields.map((field) => field.text(0));
  const chosen = names.includes(name) ? names.indexOf(name) : fields.length === 1 ? 0 : -1;
  if (chosen < 0) throw new InvalidArgument(`${path} has no column ${name}; it has ${names.join(', ')}`);
  let firstNode = 0;
  let firstBuffer = 0;
  for (const field of fields.slice(0, chosen)) {
    const { nodes, buffers } = extentOf(path, field);
    firstNode += nodes;
    firstBuffer += buffers;
  }
  const field = fields[chosen] as FlatTable;
  return { name: names[chosen] as string, ...typeOf(path, field), firstNode, firstBuffer };
}

function typeName(field: FlatTable): string {
  return TYPE_NAMES[field.int(2, 8)] ?? 'unknown';
}

/** How many nodes and buffers a column takes, with all that is inside it. */
function extentOf(path: string, field: FlatTable): { nodes: number; buffers: number } {
  const own: Record<string, number> = {
    null: 0,
    struct: 1,
    'fixed list': 1,
    binary: 3,
    utf8: 3,
    'large binary': 3,
    'large utf8': 3,
  };
  const name = typeName(field);
  if (name === 'union' || name === 'unknown') throw notRead(path, field);
  const inner = field.tables(5).map((child) => extentOf(path, child));
  return {
    nodes: inner.reduce((sum, { nodes }) => sum + nodes, 1),
    buffers: inner.reduce((sum, { buffers }) => sum + buffers, own[name] ?? 2),
  };
}

function typeOf(path: string, field: FlatTable): { type: ArrowType; large: boolean } {
  const name = typeName(field);
  const type = field.table(3);
  if (field.has(4)) throw notRead(path, field);
  switch (name) {
    case 'int': {
      const element = `${type?.int(1, 8) ? 'i' : 'u'}${type?.int(0, 32)}` as ElementType;
      return { type: { kind: 'number', element }, large: false };
    }
    case 'float': {
      const precision = type?.int(0, 16);
      if (precision === 0) throw notRead(path, field);
      return { type: { kind: 'number', element: precision === 1 ? 'f32' : 'f64' }, large: false };
    }
    case 'utf8':
    case 'large utf8':
      return { type: { kind: 'text' }, large: name === 'large utf8' };
    case 'binary':
    case 'large binary':
      return { type: { kind: 'bytes' }, large: name === 'large binary' };
    case 'fixed binary':
      return { type: { kind: 'fixed bytes', size: type?.int(0, 32) ?? 0 }, large: false };
    case 'fixed list': {
      const [inner] = field.tables(5);
      const of = inner && typeOf(path, inner).type;
      if (of?.kind !== 'number' && of?.kind !== 'list') throw notRead(path, field);
      return { type: { kind: 'list', size: type?.int(0, 32) ?? 0, of }, large: false };
    }
    default:
      throw notRead(path, field);
  }
}

function notRead(path: string, field: FlatTable): InvalidArgument {
  const type = field.has(4) ? 'a dictionary' : typeName(field);
  return new InvalidArgument(
    `the column ${field.text(0)} of ${path} is of Arrow's type ${type}; read are whole numbers, floats of 32 and 64 bits, text, bytes, and lists of one size of numbers`,
  );
}

function depthOf(type: ArrowType): number {
  return type.kind === 'list' ? 1 + depthOf(type.of) : 1;
}

/** Bytes of one element. */
function sizeOf(type: ArrowType): number {
  if (type.kind === 'list') return type.size * sizeOf(type.of);
  if (type.kind === 'fixed bytes') return type.size;
  return type.kind === 'number' ? Number(type.element.slice(1)) / 8 : 0;
}

import type { ArrowType } from '@kohakuvault/columns/inspect';
import { InvalidArgument } from '@kohakuvault/core-native/internal';
import type { ElementType } from '@kohakuvault/packer';
import type { FlatTable } from './flat-reader.ts';

/** The types of Arrow's Schema.fbs by number: those that are read, and those that are skipped. */
const TYPE_NAMES = [
  'none', 'null', 'int', 'float', 'binary', 'utf8', 'bool', 'decimal', 'date', 'time', 'timestamp', 'interval', 'list',
  'struct', 'union', 'fixed binary', 'fixed list', 'map', 'duration', 'large binary', 'large utf8', 'large list',
]; // biome-ignore format: a numbered list

const INTEGERS: readonly string[] = ['i8', 'i16', 'i32', 'i64', 'u8', 'u16', 'u32', 'u64'];
/** The types of floats by Arrow's number of their precision. */
const FLOATS: readonly (ElementType | undefined)[] = ['f16', 'f32', 'f64'];

/** A column of the file, with the positions of its nodes and buffers. */
export interface FileColumn {
  readonly name: string;
  readonly type: ArrowType;
  readonly large: boolean;
  readonly firstNode: number;
  readonly firstBuffer: number;
}

/** Returns the column of a name, or the only column. */
export function chooseColumn(path: string, schema: FlatTable, name: string): FileColumn {
  if (schema.int(0, 16) !== 0) {
    throw new InvalidArgument(`${path} holds numbers in big-endian order; write it again on a little-endian machine`);
  }
  const fields = schema.tables(1);
  const names = fields.map((field) => field.text(0));
  const shown = names.slice(0, 20).map((one) => one.slice(0, 60));
  const chosen = names.includes(name) ? names.indexOf(name) : fields.length === 1 ? 0 : -1;
  if (chosen < 0) throw new InvalidArgument(`${path} has no column ${name}; it has ${shown.join(', ')}`);
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

/** Returns the number of nodes and buffers of a column, nested ones included. */
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
  // The batch has indexes into the dictionary, whatever it holds.
  if (field.has(4)) return { nodes: 1, buffers: 2 };
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
  /** Refuses elements without bytes, of which a file could claim any number. */
  const size = (): number => {
    const bytes = type?.int(0, 32) ?? 0;
    if (bytes < 1) throw notRead(path, field);
    return bytes;
  };
  switch (name) {
    case 'int': {
      const element = `${type?.int(1, 8) ? 'i' : 'u'}${type?.int(0, 32)}`;
      if (!INTEGERS.includes(element)) throw notRead(path, field);
      return { type: { kind: 'number', element: element as ElementType }, large: false };
    }
    case 'float': {
      const element = FLOATS[type?.int(0, 16) ?? 0];
      if (!element) throw notRead(path, field);
      return { type: { kind: 'number', element }, large: false };
    }
    case 'bool':
      return { type: { kind: 'number', element: 'bool' }, large: false };
    case 'utf8':
    case 'large utf8':
      return { type: { kind: 'text' }, large: name === 'large utf8' };
    case 'binary':
    case 'large binary':
      return { type: { kind: 'bytes' }, large: name === 'large binary' };
    case 'fixed binary':
      return { type: { kind: 'fixed bytes', size: size() }, large: false };
    case 'fixed list': {
      const [inner] = field.tables(5);
      const of = inner && typeOf(path, inner).type;
      if (of?.kind !== 'number' && of?.kind !== 'list') throw notRead(path, field);
      return { type: { kind: 'list', size: size(), of }, large: false };
    }
    default:
      throw notRead(path, field);
  }
}

function notRead(path: string, field: FlatTable): InvalidArgument {
  const type = field.has(4) ? 'a dictionary' : typeName(field);
  return new InvalidArgument(
    `the column ${field.text(0).slice(0, 60)} of ${path} has Arrow's type ${type}; expected truth values, ` +
      'integers, floats, text, bytes, or lists of numbers of one size',
  );
}

import type { ArrowType } from './arrow-type.ts';
import { FlatBuilder, type FlatField } from './flat-builder.ts';

// Numbers from Arrow's Schema.fbs, Message.fbs and File.fbs.
const VERSION_5 = 4;
const TYPE = { int: 2, float: 3, binary: 4, utf8: 5, bool: 6, fixedBinary: 15, fixedList: 16 } as const;
/** The numbers of the precisions of floats, by their bits. */
const PRECISIONS: Readonly<Record<number, number>> = { 16: 0, 32: 1, 64: 2 };
const HEADER = { schema: 1, batch: 3 } as const;

export interface Field {
  readonly name: string;
  readonly type: ArrowType;
}

/** The place of a record batch in the file. */
export interface Block {
  readonly offset: number;
  readonly metadataLength: number;
  readonly bodyLength: number;
}

export interface Batch {
  /** The number of elements of each node: for each field, the field and then its nested lists. */
  readonly nodes: readonly number[];
  /** The parts of the body. Their lengths do not include padding. */
  readonly buffers: readonly { readonly offset: number; readonly length: number }[];
  readonly bodyLength: number;
}

export function schemaMessage(fields: readonly Field[]): Buffer {
  const builder = new FlatBuilder();
  return message(builder, HEADER.schema, schema(builder, fields), 0);
}

export function batchMessage({ nodes, buffers, bodyLength }: Batch): Buffer {
  const builder = new FlatBuilder();
  const bufferVector = builder.structs(
    buffers.map(({ offset, length }) => int64s(offset, length)),
    8,
  );
  const nodeVector = builder.structs(
    nodes.map((length) => int64s(length, 0)),
    8,
  );
  const batch = builder.table([
    { slot: 0, kind: 'int64', value: BigInt(nodes[0] ?? 0) },
    offset(1, nodeVector),
    offset(2, bufferVector),
  ]);
  return message(builder, HEADER.batch, batch, bodyLength);
}

export function footer(columns: readonly Field[], blocks: readonly Block[]): Buffer {
  const builder = new FlatBuilder();
  const batches = builder.structs(
    blocks.map(({ offset: at, metadataLength, bodyLength }) => int64s(at, metadataLength, bodyLength)),
    8,
  );
  const none = builder.structs([], 8);
  const fields = schema(builder, columns);
  return builder.finish(
    builder.table([
      { slot: 0, kind: 'int16', value: VERSION_5 },
      offset(1, fields),
      offset(2, none),
      offset(3, batches),
    ]),
  );
}

function message(builder: FlatBuilder, type: number, header: number, bodyLength: number): Buffer {
  const root = builder.table([
    { slot: 0, kind: 'int16', value: VERSION_5 },
    { slot: 1, kind: 'int8', value: type },
    offset(2, header),
    { slot: 3, kind: 'int64', value: BigInt(bodyLength) },
  ]);
  return builder.finish(root);
}

function schema(builder: FlatBuilder, columns: readonly Field[]): number {
  const fields = builder.offsets(columns.map((field) => fieldTable(builder, field)));
  return builder.table([offset(1, fields)]);
}

function fieldTable(builder: FlatBuilder, { name, type }: Field): number {
  const inner = type.kind === 'list' ? [fieldTable(builder, { name: 'item', type: type.of })] : [];
  const children = builder.offsets(inner);
  const { id, fields } = typeTable(type);
  const typeAt = builder.table(fields);
  const nameAt = builder.string(name);
  return builder.table([
    offset(0, nameAt),
    { slot: 2, kind: 'int8', value: id },
    offset(3, typeAt),
    offset(5, children),
  ]);
}

function typeTable(type: ArrowType): { id: number; fields: FlatField[] } {
  switch (type.kind) {
    case 'number': {
      if (type.element === 'bool') return { id: TYPE.bool, fields: [] };
      const bits = Number(type.element.slice(1));
      if (type.element.startsWith('f')) {
        return { id: TYPE.float, fields: [{ slot: 0, kind: 'int16', value: PRECISIONS[bits] as number }] };
      }
      const signed = type.element.startsWith('i') ? 1 : 0;
      return {
        id: TYPE.int,
        fields: [
          { slot: 0, kind: 'int32', value: bits },
          { slot: 1, kind: 'int8', value: signed },
        ],
      };
    }
    case 'text':
      return { id: TYPE.utf8, fields: [] };
    case 'bytes':
      return { id: TYPE.binary, fields: [] };
    case 'fixed bytes':
      return { id: TYPE.fixedBinary, fields: [{ slot: 0, kind: 'int32', value: type.size }] };
    case 'list':
      return { id: TYPE.fixedList, fields: [{ slot: 0, kind: 'int32', value: type.size }] };
  }
}

function offset(slot: number, value: number): FlatField {
  return { slot, kind: 'offset', value };
}

function int64s(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 8);
  for (const [index, value] of values.entries()) bytes.writeBigInt64LE(BigInt(value), index * 8);
  return bytes;
}

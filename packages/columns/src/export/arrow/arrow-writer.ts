import type { ArrowType } from './arrow-type.ts';
import { type Block, batchMessage, type Field, footer, schemaMessage } from './metadata.ts';

const MAGIC = 'ARROW1';
const CONTINUATION = Buffer.from([0xff, 0xff, 0xff, 0xff]);
const ALIGNMENT = 8;

/** Elements of a column: their bytes, and their bounds if they have a variable size. */
export interface ArrowColumn {
  readonly data: Uint8Array;
  /** One bound more than there are elements. */
  readonly offsets?: Int32Array;
}

/** Makes an Arrow IPC file of columns, a batch at a time. It has no nulls, no dictionaries and no compression. */
export class ArrowWriter {
  readonly #fields: readonly Field[];
  readonly #blocks: Block[] = [];
  #position = 0;

  constructor(fields: readonly Field[]) {
    this.#fields = fields;
  }

  begin(): Buffer {
    return this.#counted(Buffer.from(MAGIC), Buffer.alloc(2), framed(schemaMessage(this.#fields)));
  }

  /** Returns the bytes of `length` elements of each column. */
  batch(length: number, columns: readonly ArrowColumn[]): Buffer {
    const parts: Uint8Array[] = [];
    const nodes: number[] = [];
    for (const [index, { data, offsets }] of columns.entries()) {
      const own = nodesOf((this.#fields[index] as Field).type, length);
      nodes.push(...own);
      // A buffer for nulls, which is empty, precedes each buffer of values.
      for (const _ of own) parts.push(new Uint8Array(0));
      if (offsets) parts.push(new Uint8Array(offsets.buffer, offsets.byteOffset, offsets.byteLength));
      parts.push(data);
    }
    const buffers: { offset: number; length: number }[] = [];
    let bodyLength = 0;
    for (const part of parts) {
      buffers.push({ offset: bodyLength, length: part.length });
      bodyLength += padded(part.length);
    }
    const metadata = framed(batchMessage({ nodes, buffers, bodyLength }));
    this.#blocks.push({ offset: this.#position, metadataLength: metadata.length, bodyLength });
    return this.#counted(metadata, ...parts.flatMap((part) => [part, padding(part.length)]));
  }

  end(): Buffer {
    const directory = footer(this.#fields, this.#blocks);
    const length = Buffer.alloc(4);
    length.writeInt32LE(directory.length);
    return this.#counted(CONTINUATION, Buffer.alloc(4), directory, length, Buffer.from(MAGIC));
  }

  #counted(...parts: readonly Uint8Array[]): Buffer {
    const bytes = Buffer.concat(parts);
    this.#position += bytes.length;
    return bytes;
  }
}

/** Returns metadata after its length. */
function framed(metadata: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32LE(padded(metadata.length));
  return Buffer.concat([CONTINUATION, length, metadata, padding(metadata.length)]);
}

/** Returns the number of elements at each depth of lists. */
function nodesOf(type: ArrowType, length: number): number[] {
  return type.kind === 'list' ? [length, ...nodesOf(type.of, length * type.size)] : [length];
}

function padded(length: number): number {
  return Math.ceil(length / ALIGNMENT) * ALIGNMENT;
}

function padding(length: number): Buffer {
  return Buffer.alloc(padded(length) - length);
}

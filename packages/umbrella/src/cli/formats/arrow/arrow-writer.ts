import type { Sink } from '../destination.ts';
import type { ArrowType } from './arrow-type.ts';
import { type Block, batchMessage, type Field, footer, schemaMessage } from './metadata.ts';

const MAGIC = 'ARROW1';
const CONTINUATION = Buffer.from([0xff, 0xff, 0xff, 0xff]);
const ALIGNMENT = 8;

/** Elements of a column: their bytes, and their bounds if they have a variable size. */
export interface ArrowColumn {
  readonly length: number;
  readonly data: Uint8Array;
  /** `length` + 1 bounds. */
  readonly offsets?: Int32Array;
}

/** Writes an Arrow IPC file of one column, a batch at a time. It has no nulls, no dictionaries and no compression. */
export class ArrowWriter {
  readonly #sink: Sink;
  readonly #field: Field;
  readonly #blocks: Block[] = [];
  #position = 0;

  constructor(sink: Sink, field: Field) {
    this.#sink = sink;
    this.#field = field;
  }

  async begin(): Promise<void> {
    await this.#put(Buffer.concat([Buffer.from(MAGIC), Buffer.alloc(2)]));
    await this.#putMessage(schemaMessage(this.#field));
  }

  async batch(column: ArrowColumn): Promise<void> {
    // A buffer for nulls, which is empty, precedes each buffer of values.
    const parts: Uint8Array[] = [];
    const nodes = nodesOf(this.#field.type, column.length);
    for (const _ of nodes) parts.push(new Uint8Array(0));
    if (column.offsets)
      parts.push(new Uint8Array(column.offsets.buffer, column.offsets.byteOffset, column.offsets.byteLength));
    parts.push(column.data);
    const buffers: { offset: number; length: number }[] = [];
    let bodyLength = 0;
    for (const { length } of parts) {
      buffers.push({ offset: bodyLength, length });
      bodyLength += padded(length);
    }
    const offset = this.#position;
    const metadataLength = await this.#putMessage(batchMessage({ nodes, buffers, bodyLength }));
    for (const part of parts) {
      await this.#put(part);
      await this.#put(Buffer.alloc(padded(part.length) - part.length));
    }
    this.#blocks.push({ offset, metadataLength, bodyLength });
  }

  async end(): Promise<void> {
    await this.#put(Buffer.concat([CONTINUATION, Buffer.alloc(4)]));
    const directory = footer(this.#field, this.#blocks);
    const length = Buffer.alloc(4);
    length.writeInt32LE(directory.length);
    await this.#put(Buffer.concat([directory, length, Buffer.from(MAGIC)]));
  }

  /** Writes metadata after its length. Returns the number of bytes written. */
  async #putMessage(metadata: Buffer): Promise<number> {
    const length = Buffer.alloc(4);
    length.writeInt32LE(padded(metadata.length));
    const framed = [CONTINUATION, length, metadata, Buffer.alloc(padded(metadata.length) - metadata.length)];
    await this.#put(Buffer.concat(framed));
    return 8 + padded(metadata.length);
  }

  async #put(bytes: Uint8Array): Promise<void> {
    if (bytes.length === 0) return;
    await this.#sink.write(bytes);
    this.#position += bytes.length;
  }
}

/** Returns the number of elements at each depth of lists. */
function nodesOf(type: ArrowType, length: number): number[] {
  return type.kind === 'list' ? [length, ...nodesOf(type.of, length * type.size)] : [length];
}

function padded(length: number): number {
  return Math.ceil(length / ALIGNMENT) * ALIGNMENT;
}

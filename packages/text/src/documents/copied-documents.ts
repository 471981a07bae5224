import type { FieldValue } from './fields.ts';

/** A chunk of a document as it is stored. */
export interface StoredChunk {
  /** Its place in the text, in units of UTF-16. */
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly vector: Float32Array;
}

/** A document as it is stored: its value is encoded. */
export interface StoredDocumentRow {
  readonly id: string;
  readonly value: Buffer;
  readonly fields: Readonly<Record<string, FieldValue>>;
  readonly chunks: readonly StoredChunk[];
}

/** The documents of one vault as they are stored, for those who copy them. No model is called. */
export interface CopiedDocuments {
  /** Gives all documents in the order in which they were added, while others may write. */
  rows(): AsyncIterable<StoredDocumentRow>;
  /** Returns those of some documents that there are. */
  rowsOf(ids: readonly string[]): Promise<StoredDocumentRow[]>;
  /** Writes documents, in place of those that have their ids: all of them or none. */
  put(documents: readonly StoredDocumentRow[]): Promise<void>;
  deleteMany(ids: readonly string[]): Promise<void>;
}

/** The property under which a vault has its documents as they are stored. */
export const storedDocuments: unique symbol = Symbol.for('kohakuvault.stored documents');

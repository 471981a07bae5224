/** The core's functions for `@kohakuvault/text`, beside the generated ones. */
export interface TextBinding {
  /**
   * Returns the best matches of an expression of FTS5, the best first: `| id i64 | score f64 |`, little-endian. `weights`
   * has a number for each column, or none. `only` limits the search to sorted ids. `version` is the number of the file's
   * state: lengths of documents are kept for it. NaN keeps none. `isPlain` is 1 if the expression is nothing but words,
   * of which a document has at least one: then the core reads FTS5's index itself.
   */
  textBest(
    handle: number,
    table: number,
    expression: string,
    weights: Float64Array,
    wanted: number,
    only: BigInt64Array | undefined,
    version: number,
    isPlain: 0 | 1,
  ): Buffer;
  /** Returns the documents of some ids, one after another: id, value, texts. Leaves out those that do not exist. */
  textRows(handle: number, table: number, ids: BigInt64Array): unknown[];
  /**
   * Returns where each document matches an expression: `| bytes u32 |`, then for each column with matches
   * `| column u32 | count u32 |` and as often `| start u32 | end u32 |` in UTF-16 units.
   */
  textPlaces(handle: number, table: number, expression: string, ids: BigInt64Array): Buffer;
  /**
   * Returns each match with the 16 characters before and after it: for each document `| bytes u32 |`, then as often
   * `| start u32 | end u32 | bytes u32 | text |`, where start and end are UTF-16 units of the text.
   */
  textAround(handle: number, table: number, expression: string, ids: BigInt64Array): Buffer;
  /** Forgets the length of a document that is changed, or of all. */
  textForget(handle: number, table: number, id: bigint | undefined): void;
  /**
   * Inserts documents of `| id i64 | bytes u32 | value |` and for each column `| bytes u32 | text |`. The least id stands
   * for none. Returns their ids, 64 bits each.
   */
  textInsert(handle: number, table: number, records: Uint8Array): Buffer;
}

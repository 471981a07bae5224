import { plural } from '@kohakuvault/core-native/internal';
import {
  countRows,
  type Database,
  examine,
  openDatabase,
  quoteIdentifier,
  schemaTables,
  shownEncoding,
  storedValues,
  type TableInspector,
  tableDecoder,
} from '@kohakuvault/core-native/internal/database';
import { declaredVectors, vectorTables } from './declarations.ts';
import { checkSides } from './side-check.ts';
import { VectorCheck } from './vector-check.ts';

/** What `vectorInspector` lists. */
export interface VectorSummary {
  readonly table: string;
  /** The number of vectors. Null if sqlite-vec's own tables are damaged. */
  readonly vectors: number | null;
  readonly dimensions: number;
  readonly metric: string;
  readonly type: string;
  /** The types of the fields; absent without fields. */
  readonly fields?: Readonly<Record<string, string>>;
  /** The kind of the ids; absent if they are integers. */
  readonly ids?: string;
  /** The name of the encoding of the values; absent for the default. */
  readonly encoding?: string;
  /** The index; absent without one. */
  readonly index?: { readonly lists: number };
}

/** Lists and verifies the tables of vectors of a file. */
export const vectorInspector: TableInspector<VectorSummary> = {
  tables: vectorTables,
  list: (database) =>
    declaredVectors(database).map(({ table, dimensions, metric, vectorType, settings: { fields, ids } }) => ({
      table,
      vectors: countRows(database, `${table}_rowids`) ?? null,
      dimensions,
      metric,
      type: vectorType,
      ...(fields && { fields }),
      ...(ids && { ids }),
      ...shownIndex(database, table, dimensions),
      ...shownEncoding(database, table),
    })),
  async *verify(source, progress = () => {}) {
    // Loaded here: listing needs neither.
    const [{ VectorKVault }, values] = await Promise.all([
      import('@kohakuvault/vector'),
      import('@kohakuvault/packer/value'),
    ]);
    using connection = openDatabase(source);
    for (const { table, shape, settings } of declaredVectors(connection.database)) {
      yield examine(`vectors ${table}`, (findings) => {
        if (!shape) {
          findings.checked = 'not verified';
          findings.note('it is a table of sqlite-vec, but not of a VectorKVault');
          return;
        }
        // Refuses tables that it could not read.
        const ids = settings.ids ?? 'i64';
        using vault = new VectorKVault(connection, { table, ...shape, ids, autoPack: false, ...storedValues });
        const decode = tableDecoder(connection, table, findings, values.storedDecoder);
        const check = new VectorCheck(connection.database, { table, shape, findings, values, decode });
        const count = check.chunks(progress);
        findings.checked = plural(count, 'vector');
        check.directory(count);
        check.values();
        checkSides(connection.database, table, settings, findings);
        for (const problem of vault.verifyIndex()) findings.problem(problem);
        if (!findings.isSound) return;
        // Reads everything as users do, so that no error of a read goes unnoticed. Values were decoded above.
        let done = 0;
        for (const [, vector] of vault) {
          if (done === 0) vault.search(vector, 1);
          progress(++done);
        }
      });
    }
  },
};

/** A centroid begins with so many bytes, of which some are its group, or tell that its list is not in use any more. */
const HEAD_BYTES = 8;
const GROUP_AT = 4;
const RETIRED = 0xffff_ffff;

/** Returns what the schema and the centroids tell of an index. */
function shownIndex(database: Database, table: string, dimensions: number): { index?: { lists: number } } {
  const name = `${table}_index_lists`;
  if (!schemaTables(database).some((one) => one.name === name)) return {};
  const rows = database
    .prepare(`SELECT centroids FROM main.${quoteIdentifier(name)} WHERE id > 0`)
    .pluck()
    .all() as Uint8Array[];
  let lists = 0;
  for (const row of rows) {
    const centroids = Buffer.from(row.buffer, row.byteOffset, row.length);
    // Each is a scale, a group and a byte for each dimension: see docs/format.md.
    for (let at = 0; at + HEAD_BYTES <= row.length; at += HEAD_BYTES + dimensions) {
      if (centroids.readUInt32LE(at + GROUP_AT) !== RETIRED) lists++;
    }
  }
  return { index: { lists } };
}

import { plural } from '@kohakuvault/core-native/internal';
import {
  countRows,
  examine,
  openDatabase,
  shownEncoding,
  storedValues,
  type TableInspector,
  tableDecoder,
} from '@kohakuvault/core-native/internal/database';
import { declaredTexts, textTables } from './declarations.ts';
import { TextCheck } from './text-check.ts';

/** What `textInspector` lists. */
export interface TextSummary {
  readonly table: string;
  /** The number of documents. Null if FTS5's own tables are damaged. */
  readonly documents: number | null;
  /** The columns; none if the table is not one of a TextVault. */
  readonly columns: readonly string[];
  readonly tokenizer: string;
  /** The name of the encoding of the values; absent for the default. */
  readonly encoding?: string;
}

/** Lists and verifies the full-text tables of a file. */
export const textInspector: TableInspector<TextSummary> = {
  tables: textTables,
  list: (database) =>
    declaredTexts(database).map(({ table, declaration }) => ({
      table,
      documents: countRows(database, `${table}_docsize`) ?? null,
      columns: declaration?.columns ?? [],
      tokenizer: declaration?.tokenizer ?? '',
      ...shownEncoding(database, table),
    })),
  async *verify(source, progress = () => {}) {
    // Loaded here: listing needs neither.
    const [{ TextVault }, values] = await Promise.all([
      import('@kohakuvault/text'),
      import('@kohakuvault/packer/value'),
    ]);
    using connection = openDatabase(source);
    for (const { table, declaration } of declaredTexts(connection.database)) {
      yield examine(`texts ${table}`, (findings) => {
        if (!declaration) {
          findings.checked = 'not verified';
          findings.note('it is a table of FTS5, but not of a TextVault');
          return;
        }
        const { columns } = declaration;
        const decode = tableDecoder(connection, table, findings, values.storedDecoder);
        const check = new TextCheck(connection.database, { table, columns: columns.length, findings, values, decode });
        check.index();
        findings.checked = plural(check.documents(progress), 'document');
        check.values();
        if (!findings.isSound) return;
        // Reads everything as users do, so that no error of a read goes unnoticed. Values were decoded above.
        const options = { table, columns, autoPack: false, ...storedValues };
        using vault = new TextVault<Buffer, string>(connection, options);
        let done = 0;
        for (const _ of vault) progress(++done);
      });
    }
  },
};

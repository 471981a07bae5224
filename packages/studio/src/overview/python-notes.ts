import { partsOf } from '@kohakuvault/kvault/inspect';
import { declaredVectors } from '@kohakuvault/vector/inspect';
import type { Overview, PythonNote } from '../api/types.ts';
import type { VaultFile } from '../file/vault-file.ts';
import type { ListedColumn } from './listed-column.ts';

interface Listed {
  readonly kv: Overview['kv'];
  readonly columns: readonly ListedColumn[];
  readonly vectors: Overview['vectors'];
  readonly texts: readonly (Overview['texts'][number] & { readonly isVault: boolean })[];
}

/** The dtypes of columns that every Python package with columns reads. */
const OLD_DTYPES = /^(?:i64|f64|bytes(?::\d+)?|str(?::.*)?|msgpack(?::\d+)?|cbor(?::\d+)?|vec:.*)$/;

/** Tells what the Python package reads of a file, and why not all of it. */
export function pythonNotes(file: VaultFile, listed: Listed): PythonNote[] {
  return [
    ...listed.kv.map((one) => keyNote(file, one)),
    ...columnNotes(listed.columns),
    ...listed.vectors.map((one) => vectorNote(file, one)),
    ...listed.texts.map((one) => textNote(one)),
  ];
}

function keyNote({ database }: VaultFile, { table, encoding }: Overview['kv'][number]): PythonNote {
  if (encoding !== 'auto') {
    const note = `its values are encoded as ${encoding}; Python sees bytes`;
    return { what: table, reads: 'partly', note };
  }
  if (partsOf(database, table) !== undefined) {
    return {
      what: table,
      reads: 'partly',
      note: 'all but values in parts (longer than maxBlobBytes) and structured ones',
    };
  }
  return {
    what: table,
    reads: 'yes',
    note: 'all but values that only JavaScript has, such as cycles and regular expressions',
  };
}

/** A note for each layout, and one for each column that stands out. */
function columnNotes(columns: readonly ListedColumn[]): PythonNote[] {
  const own = columns.filter(({ dtype, isCompressed }) => isCompressed || /:records$|^bool$|^f16$/.test(dtype));
  const notes = own.map(({ name, dtype, isCompressed }): PythonNote => {
    const why = isCompressed ? 'it is compressed' : `Python has no dtype ${dtype}`;
    return { what: `column ${name}`, reads: 'no', note: why };
  });
  const others = columns.filter((one) => !own.includes(one));
  const [old, recent] = [
    others.filter(({ layout }) => layout === 'col'),
    others.filter(({ layout }) => layout !== 'col'),
  ];
  if (old.length > 0) {
    const newer = old.some(({ dtype }) => !OLD_DTYPES.test(dtype));
    const note = newer ? 'by 0.4 to 0.9; those with dtypes beside i64 and f64 by our package alone' : 'by 0.4 to 0.9';
    notes.push({ what: 'columns', reads: newer ? 'partly' : 'yes', note });
  }
  if (recent.length > 0) notes.push({ what: 'columns in the layout of 1.x', reads: 'yes', note: 'by 1.0 and later' });
  return notes;
}

function vectorNote({ database }: VaultFile, { table, metric }: Overview['vectors'][number]): PythonNote {
  const declared = declaredVectors(database).find((one) => one.table === table);
  if (!declared?.shape) return { what: table, reads: 'partly', note: 'as a table of sqlite-vec' };
  if (metric === 'dot')
    return { what: table, reads: 'partly', note: 'with other distances: Python has no dot product' };
  const { fields, ids } = declared.settings;
  const more = [...(fields ? ['fields'] : []), ...(ids ? ['text ids'] : [])];
  return {
    what: table,
    reads: more.length > 0 ? 'partly' : 'yes',
    note: more.length > 0 ? `vectors and values, without ${more.join(' and ')}` : 'vectors and values',
  };
}

function textNote({ table, tokenizer, isVault }: Listed['texts'][number]): PythonNote {
  if (!isVault) return { what: table, reads: 'partly', note: 'as a table of FTS5' };
  return /^words\b/.test(tokenizer)
    ? { what: table, reads: 'no', note: "the tokenizer 'words' is of our package" }
    : { what: table, reads: 'yes', note: 'by 0.8 and later' };
}

import { isUtf8 } from 'node:buffer';
import { basename } from 'node:path';

/** Encodings that the Python package reads in a table without an encoding of its own. */
const PYTHON: readonly string[] = ['bytes', 'pickle', 'packed', 'json', 'msgpack', 'cbor', 'text'];

export interface Code {
  typescript: string;
  python: string | null;
}

/** Returns code that reads one value. */
export function codeOfValue(
  path: string,
  value: { table: string; key: Buffer; encoding: string; inParts: boolean; tableEncoding: string },
): Code {
  const file = JSON.stringify(basename(path));
  const { table, key, encoding, inParts, tableEncoding } = value;
  const own = [
    ...(table === 'kv' ? [] : [`table: ${JSON.stringify(table)}`]),
    ...(tableEncoding === 'auto' ? [] : [`valueEncoding: ${JSON.stringify(tableEncoding)}`]),
  ];
  const options = own.length > 0 ? `, { ${own.join(', ')} }` : '';
  const name = isUtf8(key) ? JSON.stringify(key.toString()) : `Buffer.from('${key.toString('hex')}', 'hex')`;
  const read = inParts ? `vault.createReadStream(${name})` : `vault.get(${name})`;
  const isRead = PYTHON.includes(encoding) && !inParts && tableEncoding === 'auto';
  return {
    typescript: `import { KVault } from 'kohakuvault';\n\nusing vault = new KVault(${file}${options});\nconst value = ${read};\n`,
    python: isRead ? pythonOfValue(file, table, key) : null,
  };
}

function pythonOfValue(file: string, table: string, key: Buffer): string {
  const options = table === 'kv' ? '' : `, table=${JSON.stringify(table)}`;
  const name = isUtf8(key) ? JSON.stringify(key.toString()) : `bytes.fromhex("${key.toString('hex')}")`;
  return `from kohakuvault import KVault\n\nvault = KVault(${file}${options})\nvalue = vault[${name}]\n`;
}

/** Returns code that reads an element of a column. */
export function codeOfElement(path: string, column: string, row: number, isKnownToPython: boolean): Code {
  const [file, name] = [JSON.stringify(basename(path)), JSON.stringify(column)];
  return {
    typescript: `import { ColumnVault } from 'kohakuvault';\n\nusing vault = new ColumnVault(${file});\nconst element = vault.column(${name}).at(${row});\n`,
    python: isKnownToPython
      ? `from kohakuvault import ColumnVault\n\nvault = ColumnVault(${file})\nelement = vault[${name}][${row}]\n`
      : null,
  };
}

/** Returns code that searches a table of vectors. */
export function codeOfVectors(
  path: string,
  {
    table,
    dimensions,
    metric,
    type,
    ids,
  }: { table: string; dimensions: number; metric: string; type: string; ids: string },
): Code {
  const file = JSON.stringify(basename(path));
  const options = [
    `table: ${JSON.stringify(table)}`,
    `dimensions: ${dimensions}`,
    ...(metric === 'cosine' ? [] : [`metric: '${metric}'`]),
    ...(type === 'f32' ? [] : [`vectorType: '${type}'`]),
    ...(ids === 'i64' ? [] : [`ids: '${ids}'`]),
  ];
  const isKnownToPython = ids === 'i64' && metric !== 'dot';
  return {
    typescript:
      `import { VectorKVault } from 'kohakuvault';\n\nusing vectors = new VectorKVault(${file}, { ${options.join(', ')} });\n` +
      'const nearest = vectors.search(query, 10);\n',
    python: isKnownToPython
      ? `from kohakuvault import VectorKVault\n\nvectors = VectorKVault(${file}, table=${JSON.stringify(table)}, dimensions=${dimensions}, metric="${metric}")\nnearest = vectors.search(query, k=10)\n`
      : null,
  };
}

/** Returns code that searches a table of texts. */
export function codeOfTexts(path: string, table: string, columns: readonly string[]): Code {
  const [file, name] = [JSON.stringify(basename(path)), JSON.stringify(table)];
  const named = columns.length === 1 && columns[0] === 'content' ? '' : `, columns: ${JSON.stringify(columns)}`;
  return {
    typescript: `import { TextVault } from 'kohakuvault';\n\nusing texts = new TextVault(${file}, { table: ${name}${named} });\nconst found = texts.search('words', 10);\n`,
    python:
      named === ''
        ? `from kohakuvault import TextVault\n\ntexts = TextVault(${file}, table=${name})\nfound = texts.search("words", k=10)\n`
        : null,
  };
}

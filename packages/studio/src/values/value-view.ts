import { InvalidArgument, NotFound } from '@kohakuvault/core-native/internal';
import { quoteIdentifier } from '@kohakuvault/core-native/internal/database';
import { partsOf } from '@kohakuvault/kvault/inspect';
import { showKey } from '@kohakuvault/kvault/internal';
import { Encoding, type StoredHeader } from '@kohakuvault/packer/value';
import type { Params } from '../api/params.ts';
import { problemOfError } from '../api/studio-error.ts';
import type { Problem, ValuePart, ValueView } from '../api/types.ts';
import type { VaultFile } from '../file/vault-file.ts';
import { keyOf, refOf } from '../keys/key-ref.ts';
import { codeOfValue } from './code-samples.ts';
import { childrenOf, isTensor } from './kinds.ts';
import { languageOf, mediaTypeOf, textOf } from './media-type.ts';
import { decodeWhole, isBytes, openStored, type StoredValue } from './stored-value.ts';
import { typedJson } from './typed-json.ts';
import { nodeOf, WHOLE } from './value-node.ts';

/** How much of a text is shown at once. */
const SHOWN_TEXT = 256 * 1024;
/** The longest value that is edited as text. */
const EDITED = 1024 * 1024;

type Shown = Pick<ValueView, 'kind' | 'mime' | 'tree' | 'json' | 'text' | 'problem'>;
const NOTHING: Shown = { kind: 'problem', mime: null, tree: null, json: null, text: null, problem: null };

/** Returns everything about one value. */
export function valueView(file: VaultFile, params: Params): ValueView {
  const table = params.text('table');
  const key = keyOf(params.text('key'));
  return file.consistently(() => {
    const stored = openStored(file, table, key);
    const { rowid, parts } = placeOf(file, table, key);
    const inParts = parts > 0;
    const tableEncoding = stored.table.encoding.name;
    const { encoding } = stored;
    const code = codeOfValue(file.path, { table, key, encoding, inParts, tableEncoding });
    const shown = shownOf(file, stored);
    return {
      table,
      key: refOf(key),
      storedBytes: stored.bytes,
      encoding,
      header: stored.header
        ? { hex: stored.read(0, stored.front).toString('hex'), about: aboutHeader(stored.header) }
        : null,
      location: { table, rowid, inParts, parts, tableEncoding },
      ...shown,
      contentBytes: stored.isPlain ? stored.bytes - stored.front : null,
      etag: stored.etag,
      version: file.version(),
      editable: !file.readonly && (shown.json !== null || (shown.kind === 'text' && shown.text?.cut === false)),
      code,
    };
  });
}

function shownOf(file: VaultFile, stored: StoredValue): Shown {
  try {
    if (isBytes(stored)) return shownBytes(stored);
    if (stored.encoding === 'text' && stored.bytes > EDITED) return { ...NOTHING, ...textView(stored), kind: 'text' };
    return shownValue(file, stored);
  } catch (error) {
    const problem: Problem = problemOfError(error);
    if (problem.code === 'KV_ERROR') throw error;
    return { ...NOTHING, problem };
  }
}

function shownBytes(stored: StoredValue): Shown {
  const start = stored.read(stored.front, 4_096);
  const mime = mediaTypeOf(start) ?? null;
  const kind = kindOf(mime);
  if (mime !== 'text/plain' && mime !== 'image/svg+xml') return { ...NOTHING, kind, mime };
  const text = textView(stored);
  // Its beginning may be text, and what follows not.
  if (!text) return { ...NOTHING, kind: 'bytes' };
  return { ...NOTHING, ...text, kind, mime };
}

function kindOf(mime: string | null): ValueView['kind'] {
  const [kind] = mime?.split('/') ?? [];
  return kind === 'image' || kind === 'audio' || kind === 'video' || kind === 'text' ? kind : 'bytes';
}

function textView(stored: StoredValue): Pick<Shown, 'text' | 'tree'> | undefined {
  const bytes = stored.read(stored.front, SHOWN_TEXT);
  const v = textOf(bytes);
  if (v === undefined) return undefined;
  const cut = stored.bytes - stored.front > SHOWN_TEXT;
  return { text: { v, cut, language: languageOf(v, !cut) }, tree: null };
}

function shownValue(file: VaultFile, stored: StoredValue): Shown {
  const value = decodeWhole(file, stored);
  const json = stored.bytes <= EDITED ? (typedJson(value, EDITED) ?? null) : null;
  const tree = nodeOf(value);
  if (typeof value === 'string') {
    const v = value.slice(0, SHOWN_TEXT);
    const cut = v.length < value.length;
    return { ...NOTHING, kind: 'text', tree, json, text: { v, cut, language: languageOf(v, !cut) } };
  }
  return { ...NOTHING, kind: isTensor(value) ? 'tensor' : 'tree', tree, json };
}

/** Returns more of a value's tree: the children of one part. */
export function valuePart(file: VaultFile, params: Params): ValuePart {
  const table = params.text('table');
  const key = keyOf(params.text('key'));
  const path = params.text('path');
  const start = params.whole('start', { least: 0 }) ?? 0;
  const count = params.whole('count', { least: 1, most: 65_536 }) ?? 100;
  return file.consistently(() => {
    const found = at(decodeWhole(file, openStored(file, table, key)), path, key);
    const limits = {
      ...WHOLE,
      nodes: 5_000,
      children: Math.min(count, 1_000),
      characters: count,
      bytes: count,
      numbers: count,
      start,
    };
    return { path, start, node: nodeOf(found, limits) };
  });
}

/** Returns a part of a value by the places of children from the root on. */
export function at(value: unknown, path: string, key: Buffer): unknown {
  if (path === '') return value;
  if (!/^\d+(?:\.\d+)*$/.test(path)) {
    throw new InvalidArgument(`path is ${JSON.stringify(path)}; expected places of children such as 0.12.3`);
  }
  let part = value;
  for (const step of path.split('.')) {
    const children = childrenOf(part);
    if (Number(step) >= children.length) throw new NotFound(`the value of ${showKey(key)} has no part ${path}`);
    part = children[Number(step)];
  }
  return part;
}

function placeOf(file: VaultFile, table: string, key: Buffer): { rowid: string; parts: number } {
  const { database } = file;
  const rowid = database
    .prepare(`SELECT rowid FROM main.${quoteIdentifier(table)} WHERE key = ?`)
    .pluck()
    .safeIntegers()
    .get(key) as bigint;
  const parts = partsOf(database, table);
  if (parts === undefined) return { rowid: String(rowid), parts: 0 };
  const count = database.prepare(`SELECT count(*) FROM ${parts} WHERE key = ?`).pluck().get(key);
  return { rowid: String(rowid), parts: Number(count) };
}

const ABOUT: Record<number, string> = {
  [Encoding.raw]: 'bytes that begin like a header',
  [Encoding.pickle]: 'a pickle of Python',
  [Encoding.packed]: 'a number, or numbers, as the packer has them',
  [Encoding.json]: 'JSON',
  [Encoding.msgpack]: 'MessagePack',
  [Encoding.cbor]: 'CBOR',
  [Encoding.utf8]: 'text in UTF-8',
  [Encoding.structured]: 'a structured clone, which only JavaScript reads',
  [Encoding.manifest]: 'the place of parts',
};

const KINDS = [
  '',
  'integers are numbers',
  'integers are bigints',
  'a double',
  'a typed array',
  'a clamped array',
  'a tensor',
];

function aboutHeader({ id, flags }: StoredHeader): string {
  const kind = KINDS[flags >> 2];
  return `version 1, ${ABOUT[id] ?? 'unknown'}${kind ? `; ${kind}` : ''}`;
}

// Every view of the page through real HTTP: what it is told is what the vaults have.
import { KVault } from '@kohakuvault/kvault';
import { expect, test } from 'vitest';
import type {
  ColumnElement,
  ColumnList,
  ColumnMatches,
  ColumnSummary,
  ColumnTable,
  Curve,
  ErrorBody,
  Histogram,
  HybridSearchResult,
  KeyCount,
  KeysPage,
  Overview,
  RecallResult,
  Sizes,
  SqlPlan,
  SqlResult,
  SqlSchema,
  StudioInfo,
  Suggestions,
  TextRow,
  TextRows,
  TextSearchResult,
  TextTables,
  ValuePart,
  ValueView,
  VectorMapMessage,
  VectorRow,
  VectorRows,
  VectorSearchResult,
  VectorTables,
  VerifyMessage,
} from '../src/index.ts';
import { sampled } from './support/client.ts';
import { HTML, PNG } from './support/sample-file.ts';

test('the Studio tells its files, and an overview what is in one', async () => {
  const client = await sampled();
  const info = await client.get<StudioInfo>('studio');
  expect(info).toMatchObject({ version: 1, readonly: true, embeds: false });
  expect(info.files).toEqual([{ id: '0', name: 'vault.db', path: client.path, readonly: true }]);
  const overview = await client.get<Overview>('files/0/overview');
  expect(overview.kv).toEqual([{ table: 'kv', keys: 12, encoding: 'auto' }]);
  expect(overview.columns.map(({ name, length }) => [name, length])).toContainEqual(['numbers', 10_000]);
  expect(overview.frames).toEqual([{ name: 'log', columns: ['log.step', 'log.loss', 'log.note'] }]);
  expect(overview.vectors).toMatchObject([{ table: 'vectors', vectors: 60, dimensions: 4, index: false }]);
  expect(overview.texts).toMatchObject([{ table: 'texts', documents: 60, columns: ['content'] }]);
  expect(overview).toMatchObject({ isVault: true, others: [], foreign: [], journal: { mode: 'wal' } });
  expect(overview.python.map(({ what, reads }) => [what, reads])).toContainEqual(['kv', 'partly']);
});

test('sizes cover the file', async () => {
  const client = await sampled();
  const sizes = await client.get<Sizes>('files/0/sizes');
  const sum = sizes.items.reduce((total, { bytes }) => total + bytes, 0);
  expect(sum).toBeLessThanOrEqual(sizes.total);
  expect(sum).toBeGreaterThan(sizes.total * 0.8);
  expect(sizes.items.find(({ name }) => name === 'kv')).toMatchObject({ kind: 'kv', count: 12 });
  expect(new Set(sizes.items.map(({ kind }) => kind))).toEqual(new Set(['kv', 'column', 'vectors', 'texts', 'meta']));
});

test('verify tells what it finds, one thing after another', async () => {
  const client = await sampled();
  const messages = await client.lines<VerifyMessage>('files/0/verify');
  expect(messages.at(-1)).toMatchObject({ type: 'end', sound: true });
  const findings = messages.filter((one) => one.type === 'finding').map(({ what }) => what);
  expect(findings).toEqual(expect.arrayContaining(['file', 'key-value table kv', 'vectors vectors', 'texts texts']));
});

test('keys come in pages, in both orders, by prefix, range, text and place', async () => {
  const client = await sampled();
  const all: string[] = [];
  for (let after: string | null = ''; after !== null; ) {
    const page: KeysPage = await client.get('files/0/keys', { table: 'kv', limit: 5, ...(after && { after }) });
    all.push(...page.entries.map((entry) => (entry.kind === 'key' ? entry.key : '')));
    after = page.next;
  }
  using kv = new KVault(client.path, { keyEncoding: 'bytes' });
  expect(all).toHaveLength(kv.size);
  expect(all.slice(-1)).toEqual(['x:ff00fe']);
  const keysOf = async (query: Record<string, string | number>) =>
    (await client.get<KeysPage>('files/0/keys', { table: 'kv', ...query })).entries.map((entry) =>
      entry.kind === 'key' ? entry.key : `${entry.prefix} ${entry.count}`,
    );
  expect(await keysOf({ reverse: 1 })).toEqual([...all].reverse());
  expect(await keysOf({ prefix: 't:user:' })).toEqual(['t:user:1', 't:user:2', 't:user:3:photo']);
  expect(await keysOf({ gte: 't:n', lt: 't:t' })).toEqual(['t:number', 't:parts', 't:svg']);
  expect(await keysOf({ gte: 't:n', lt: 't:t', reverse: 1 })).toEqual(['t:svg', 't:parts', 't:number']);
  expect(await keysOf({ contains: 'SER:2' })).toEqual(['t:user:2']);
  expect(await keysOf({ skip: 3, limit: 2 })).toEqual(all.slice(3, 5));
  expect(await keysOf({ skip: 3, limit: 2, reverse: 1 })).toEqual([...all].reverse().slice(3, 5));
  expect(await keysOf({ skip: 1, prefix: 't:user:' })).toEqual(['t:user:2', 't:user:3:photo']);
  expect(await keysOf({ skip: 100 })).toEqual([]);
  expect(await client.get<KeyCount>('files/0/keys/count', { table: 'kv', prefix: 't:user:' })).toMatchObject({
    count: 3,
  });
});

test('keys with a separator are folders, in both orders and across pages', async () => {
  const client = await sampled();
  const entries = async (query: Record<string, string | number>) => {
    const found: string[] = [];
    for (let after: string | null = ''; after !== null; ) {
      const page: KeysPage = await client.get('files/0/keys', {
        table: 'kv',
        separator: ':',
        limit: 2,
        ...query,
        ...(after && { after }),
      });
      found.push(
        ...page.entries.map((one) => (one.kind === 'key' ? one.key : `${one.prefix} ${one.name} ${one.count}`)),
      );
      after = page.next;
    }
    return found;
  };
  const top = await entries({});
  expect(top).toContain('t:user: user: 3');
  expect(top).not.toContain('t:user:1');
  expect(top).toHaveLength(10);
  expect(await entries({ reverse: 1 })).toEqual([...top].reverse());
  expect(await entries({ prefix: 't:user:' })).toEqual(['t:user:1', 't:user:2', 't:user:3: 3: 1']);
});

test('a value is shown with its types', async () => {
  const client = await sampled();
  const view = await client.get<ValueView>('files/0/value', { table: 'kv', key: 't:everything' });
  expect(view).toMatchObject({ kind: 'tree', encoding: 'structured', json: null, editable: false, problem: null });
  expect(view.header?.hex).toMatch(/^894b01/);
  expect(view.tree).toMatchObject({ t: 'object', id: 1 });
  const entries = new Map(view.tree?.t === 'object' ? view.tree.entries : []);
  expect(entries.get('bigint')).toEqual({ t: 'bigint', v: String(2n ** 70n) });
  expect(entries.get('date')).toEqual({ t: 'date', v: Date.parse('2026-01-31T12:00:00.000Z') });
  expect(entries.get('negativeZero')).toEqual({ t: 'number', v: '-0' });
  expect(entries.get('nan')).toEqual({ t: 'number', v: 'NaN' });
  expect(entries.get('floats')).toEqual({ t: 'typed-array', name: 'Float32Array', length: 3, v: [1, 2, 3] });
  expect(entries.get('wide')).toMatchObject({ name: 'BigInt64Array', v: ['1', '-2'] });
  expect(entries.get('regexp')).toEqual({ t: 'regexp', source: 'a+', flags: 'gi' });
  expect(entries.get('self')).toEqual({ t: 'ref', id: 1 });
  expect(entries.get('map')).toMatchObject({ t: 'map', size: 2 });
  const names = [...entries.keys()];
  const path = `${names.indexOf('map')}.3`;
  const part = await client.get<ValuePart>('files/0/value/part', { table: 'kv', key: 't:everything', path });
  expect(part.node).toMatchObject({
    t: 'set',
    size: 2,
    items: [
      { t: 'number', v: 1 },
      { t: 'number', v: 2 },
    ],
  });
  const text = await client.get<ValuePart>('files/0/value/part', {
    table: 'kv',
    key: 't:everything',
    path: String(names.indexOf('text')),
    start: 1,
    count: 2,
  });
  expect(text.node).toEqual({ t: 'string', v: 'ex', length: 4, cut: true });
});

test('values are what they are: pictures, text, tensors, numbers, JSON', async () => {
  const client = await sampled();
  const view = (key: string) => client.get<ValueView>('files/0/value', { table: 'kv', key });
  expect(await view('t:user:3:photo')).toMatchObject({ kind: 'image', mime: 'image/png', contentBytes: PNG.length });
  expect(await view('t:html')).toMatchObject({ kind: 'text', text: { v: HTML, cut: false, language: 'html' } });
  expect(await view('t:text')).toMatchObject({ kind: 'text', encoding: 'text', json: '"some text"' });
  expect(await view('t:number')).toMatchObject({ kind: 'tree', tree: { t: 'number', v: 42 }, json: '42' });
  expect(await view('t:config')).toMatchObject({ encoding: 'json', tree: { t: 'object', size: 1 } });
  expect(await view('t:tensor')).toMatchObject({
    kind: 'tensor',
    tree: { t: 'tensor', dtype: 'f32', shape: [12, 16], image: { layout: 'HW', width: 16, height: 12, channels: 1 } },
  });
  const parts = await view('t:parts');
  expect(parts).toMatchObject({ kind: 'text', contentBytes: 250_000, location: { inParts: true } });
  expect(parts.code.python).toBeNull();
  const one = await view('t:user:1');
  expect(one.code.typescript).toContain('vault.get("user:1")');
  expect(one.code.python).toContain('vault["user:1"]');
});

test('columns: the list, curves, statistics, histograms, tables and searches', async () => {
  const client = await sampled();
  const list = await client.get<ColumnList>('files/0/columns');
  expect(list.columns.find(({ name }) => name === 'numbers')).toMatchObject({
    kind: 'number',
    length: 10_000,
    elementBytes: 8,
  });
  expect(list.frames).toMatchObject([{ name: 'log', rows: 300 }]);
  const curve = await client.get<Curve>('files/0/columns/curve', {
    name: 'numbers',
    points: 100,
    start: 1000,
    end: -1000,
  });
  expect(curve).toMatchObject({ start: 1000, end: 9000, length: 10_000, reduced: true });
  expect(curve.rows).toHaveLength(100);
  expect(curve.ys[0]).toBeCloseTo(Math.sin(10));
  const against = await client.get<Curve>('files/0/columns/curve', { name: 'log.loss', x: 'log.step', points: 50 });
  expect(against.xs).toEqual(against.rows);
  const summary = await client.get<ColumnSummary>('files/0/columns/summary', { name: 'log.step', quantiles: 1 });
  expect(summary).toMatchObject({ count: 300, min: '0', max: '299', sum: String((299 * 300) / 2), mean: 149.5 });
  expect(summary.quantiles?.find(({ q }) => q === 0.5)).toEqual({ q: 0.5, v: 149.5 });
  const histogram = await client.get<Histogram>('files/0/columns/histogram', { name: 'numbers', bins: 10 });
  expect(histogram.counts.reduce((sum, one) => sum + one, 0)).toBe(10_000);
  const table = await client.get<ColumnTable>('files/0/columns/table', {
    name: ['log.step', 'log.note'],
    start: 298,
    count: 10,
  });
  expect(table.rows).toEqual([
    [
      { t: 'bigint', v: '298' },
      { t: 'string', v: 'note 298', length: 8 },
    ],
    [
      { t: 'bigint', v: '299' },
      { t: 'string', v: 'note 299', length: 8 },
    ],
  ]);
  const words = await client.get<ColumnMatches>('files/0/columns/search', {
    name: 'words',
    query: 'WORD 49',
    limit: 5,
  });
  expect(words.matches.map(({ row }) => row)).toEqual([49, 490, 491, 492, 493]);
  const more = await client.get<ColumnMatches>('files/0/columns/search', {
    name: 'words',
    query: 'word 49',
    start: words.next as number,
  });
  expect(more.matches.map(({ row }) => row)).toEqual([494, 495, 496, 497, 498, 499]);
  const numbers = await client.get<ColumnMatches>('files/0/columns/search', { name: 'log.loss', query: '>0.3' });
  expect(numbers.matches.map(({ row }) => row)).toEqual([0, 1, 2]);
  const element = await client.get<ColumnElement>('files/0/columns/element', { name: 'log.note', row: 7 });
  expect(element).toMatchObject({ row: 7, node: { v: 'note 7' } });
  const csv = await client.api('files/0/columns/export?name=log.step&name=log.note&format=csv');
  expect(
    csv.body
      .toString()
      .split('\n')
      .slice(0, 2)
      .map((line) => line.trim()),
  ).toEqual(['log.step,log.note', '0,note 0']);
});

test('vectors: rows, searches by vector, row and text, a map and the recall of an index', async () => {
  const client = await sampled({ embed: (texts) => texts.map(() => [1, 0, 0, 0.1]) });
  const { tables } = await client.get<VectorTables>('files/0/vectors');
  expect(tables).toMatchObject([
    { table: 'vectors', dimensions: 4, fields: { group: 'i64', name: 'str' }, index: null, embeds: true },
  ]);
  const rows = await client.get<VectorRows>('files/0/vectors/rows', { table: 'vectors', limit: 25 });
  expect(rows.rows).toHaveLength(25);
  const next = await client.get<VectorRows>('files/0/vectors/rows', {
    table: 'vectors',
    limit: 25,
    after: rows.next as string,
  });
  expect(next.rows[0]?.id).toBe('26');
  const row = await client.get<VectorRow>('files/0/vectors/row', { table: 'vectors', id: '3' });
  expect(row).toMatchObject({ id: '3', fields: { group: { t: 'bigint', v: '2' } }, value: { t: 'object' } });
  expect(row.vector).toHaveLength(4);
  const found = (body: object) =>
    client.post<VectorSearchResult>('files/0/vectors/search', { table: 'vectors', k: 3, ...body });
  const byRow = await found({ id: '3' });
  expect(byRow.results.map(({ id }) => id)).not.toContain('3');
  expect(byRow.results).toHaveLength(3);
  const byVector = await found({ vector: row.vector });
  expect(byVector.results[0]?.id).toBe('3');
  expect((await found({ text: 'anything' })).results[0]?.id).toBe('1');
  const filtered = await found({ vector: row.vector, where: { group: 1 } });
  expect(filtered.results.map(({ fields }) => fields.group)).toEqual(Array(3).fill({ t: 'bigint', v: '1' }));
  const messages = await client.lines<VectorMapMessage>(
    'files/0/vectors/map?table=vectors&method=neighbors&color=group',
  );
  const about = messages.find((one) => one.type === 'rows');
  expect(about).toMatchObject({ total: 60, color: { field: 'group', type: 'i64' } });
  const points = messages.filter((one) => one.type === 'points');
  expect(points[0]).toMatchObject({ method: 'pca', final: false });
  expect(points.at(-1)).toMatchObject({ method: 'neighbors', final: true });
  for (const one of points) {
    const bytes = Buffer.from(one.points, 'base64');
    const places = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
    expect(places).toHaveLength(120);
    expect(places.every((place) => Math.abs(place) <= 1.0001)).toBe(true);
  }
  const none = await client.post<ErrorBody>('files/0/vectors/recall', { table: 'vectors' }, 400);
  expect(none.error.message).toContain('no index');
});

test('the recall of an index is measured', async () => {
  const client = await sampled({ readonly: false });
  const { VectorKVault } = await import('@kohakuvault/vector');
  {
    using vectors = new VectorKVault(client.path, { table: 'vectors', dimensions: 4 });
    vectors.createIndex({ lists: 4 });
  }
  const { tables } = await client.get<VectorTables>('files/0/vectors');
  expect(tables[0]?.index).toMatchObject({ lists: 4, pending: 0 });
  const recall = await client.post<RecallResult>('files/0/vectors/recall', { table: 'vectors', queries: 20, k: 5 });
  expect(recall).toMatchObject({ queries: 20, k: 5 });
  expect(recall.recall).toBeGreaterThan(0.5);
});

test('texts: rows, searches, suggestions and hybrid searches', async () => {
  const client = await sampled();
  const { tables } = await client.get<TextTables>('files/0/texts');
  expect(tables).toMatchObject([{ table: 'texts', documents: 60, columns: ['content'], problem: null }]);
  const rows = await client.get<TextRows>('files/0/texts/rows', { table: 'texts', limit: 50 });
  expect(rows.next).toBe('50');
  const row = await client.get<TextRow>('files/0/texts/row', { table: 'texts', id: '2' });
  expect(row).toMatchObject({
    texts: { content: { text: 'document 1 about cats', cut: false } },
    value: { t: 'object' },
  });
  const found = await client.post<TextSearchResult>('files/0/texts/search', { table: 'texts', query: 'cats', k: 5 });
  expect(found.total).toBe(30);
  expect(found.results).toHaveLength(5);
  const [snippet] = found.results[0]?.snippets ?? [];
  expect(snippet?.ranges.map(({ start, end }) => snippet.text.slice(start, end))).toEqual(['cats']);
  const suggested = await client.get<Suggestions>('files/0/texts/suggest', { table: 'texts', prefix: 'do' });
  expect(suggested.suggestions.map(({ term }) => term)).toEqual(['document', 'dogs']);
  const prefix = await client.post<TextSearchResult>('files/0/texts/search', {
    table: 'texts',
    query: 'ca',
    match: 'prefix',
  });
  expect(prefix.total).toBe(30);
  const hybrid = await client.post<HybridSearchResult>('files/0/texts/hybrid', {
    texts: 'texts',
    vectors: 'vectors',
    query: 'cats',
    vector: [1, 0, 0, 0.1],
    k: 5,
  });
  expect(hybrid.results).toHaveLength(5);
  expect(hybrid.results.some(({ vectorRank }) => vectorRank !== null)).toBe(true);
  expect(hybrid.results.every(({ snippets }) => snippets.length > 0)).toBe(true);
});

test('SQL reads tables and columns, and explains itself', async () => {
  const client = await sampled();
  const schema = await client.get<SqlSchema>('files/0/sql/schema');
  expect(schema.tables.map(({ name }) => name)).toContain('kv');
  expect(schema.columns).toContainEqual({ name: 'words', sql: "SELECT i, value FROM kohakuvault_column('words')" });
  const result = await client.post<SqlResult>('files/0/sql/query', {
    sql: "SELECT i, value, ? AS given, 9007199254740993 AS long, x'00ff' AS bytes, NULL AS empty FROM kohakuvault_column('words') WHERE i < ?",
    parameters: ['text', 2],
  });
  expect(result.columns.map(({ name }) => name)).toEqual(['i', 'value', 'given', 'long', 'bytes', 'empty']);
  expect(result.rows).toEqual([
    [0, 'word 0', 'text', { t: 'integer', v: '9007199254740993' }, { t: 'blob', length: 2, hex: '00ff' }, null],
    [1, 'word 1', 'text', { t: 'integer', v: '9007199254740993' }, { t: 'blob', length: 2, hex: '00ff' }, null],
  ]);
  const cut = await client.post<SqlResult>('files/0/sql/query', {
    sql: "SELECT i FROM kohakuvault_column('words')",
    maxRows: 7,
  });
  expect(cut.rows).toHaveLength(7);
  expect(cut.more).toBe(true);
  const plan = await client.post<SqlPlan>('files/0/sql/plan', { sql: 'SELECT * FROM kv WHERE key = ?' });
  expect(plan.steps[0]?.detail).toMatch(/SEARCH kv/);
  const { body } = await client.api('files/0/sql/export', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-kohakuvault-studio': '1' },
    body: JSON.stringify({ sql: "SELECT 1 AS a, 'b,\"c' AS b, NULL AS c", format: 'csv' }),
  });
  expect(body.toString()).toBe('a,b,c\r\n1,"b,""c",\r\n');
});

// DuckDB reads the stream log.arrows, and prints what it found.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);
const duckdb = require('@duckdb/duckdb-wasm/dist/duckdb-node-blocking.cjs');
const dist = dirname(require.resolve('@duckdb/duckdb-wasm/dist/duckdb-node-blocking.cjs'));
const bundle = (kind) => ({
  mainModule: join(dist, `duckdb-${kind}.wasm`),
  mainWorker: join(dist, `duckdb-node-${kind}.worker.cjs`),
});
const bundles = { mvp: bundle('mvp'), eh: bundle('eh') };
const db = await duckdb.createDuckDB(bundles, new duckdb.VoidLogger(), duckdb.NODE_RUNTIME);
await db.instantiate(() => {});
const connection = db.connect();
connection.insertArrowFromIPCStream(readFileSync('log.arrows'), { name: 'log', create: true });
const row = connection
  .query(`SELECT count(*) AS rows, sum(step)::DOUBLE AS step, sum(loss) AS loss, count(*) FILTER (good) AS good,
    sum(small::DOUBLE) AS small FROM log`)
  .get(0)
  .toJSON();
const seventh = connection.query('SELECT note, "at"[1] AS x, "at"[2] AS y FROM log WHERE step = 7').get(0).toJSON();
const numbers = Object.fromEntries(Object.entries(row).map(([name, value]) => [name, Number(value)]));
console.log(JSON.stringify({ ...numbers, note: seventh.note, at: [seventh.x, seventh.y] }));
connection.close();

import pg from 'pg';
import { findServer, LocalServer } from '../../packages/postgres/test/support/local-server.ts';
import { connect as connectNew } from '@kohakuvault/postgres';
const { connect: connectOld } = await import('/work/wt/integ/packages/postgres/src/index.ts');
await using server = await LocalServer.start(findServer()!);
const N = 100_000;
const store = await connectNew(server.url); const old = await connectOld(server.url);
const kv = await store.kvault<Buffer>('bench'); const kvOld = await old.kvault('bench');
const at = (n: number) => `key:${String(n).padStart(8, '0')}`;
for (let f = 0; f < N; f += 10_000) await kv.setMany(Array.from({ length: 10_000 }, (_, n) => [at(f + n), Buffer.alloc(100, n & 255)] as const));
const objects = await store.kvault<any>('objects'); const objectsOld = await old.kvault('objects');
for (let f = 0; f < N; f += 10_000) await objects.setMany(Array.from({ length: 10_000 }, (_, n) => [at(f + n), { id: n, name: 'some name', tags: ['a', 'b'], score: n / 3 }] as const));
const pool = new pg.Pool({ connectionString: server.url });
await pool.query('ANALYZE');
const median = (l: number[]) => l.sort((a, b) => a - b)[l.length >> 1]!;
const cases: Record<string, () => Promise<number>> = {
  pg: async () => { const { rows } = await pool.query('SELECT key, value FROM bench ORDER BY key'); return rows.reduce((s: number, r: any) => s + r.value.length, 0); },
  'pg, own keys': async () => { const { rows } = await pool.query('SELECT key, value FROM bench ORDER BY key'); let n = 0; for (const r of rows) n += r.key.toString().length + r.value.length; return n; },
  entries: async () => { let b = 0; for await (const [, v] of kv) b += v.length; return b; },
  values: async () => { let b = 0; for await (const v of kv.values()) b += v.length; return b; },
  keys: async () => { let b = 0; for await (const v of kv.keys()) b += v.length; return b; },
  'old entries': async () => { let b = 0; for await (const [, v] of kvOld) b += v.length; return b; },
  'old keys': async () => { let b = 0; for await (const v of kvOld.keys()) b += v.length; return b; },
  'objects': async () => { let b = 0; for await (const [, v] of objects) b += v.id; return b; },
  'old objects': async () => { let b = 0; for await (const [, v] of objectsOld) b += v.id; return b; },
  'prefix of 100': async () => { let b = 0; for (let t = 0; t < 200; t++) for await (const [, v] of kv.entries({ prefix: `key:000${String(t).padStart(3, '0')}` })) b += v.length; return b; },
  'old prefix of 100': async () => { let b = 0; for (let t = 0; t < 200; t++) for await (const [, v] of kvOld.entries({ prefix: `key:000${String(t).padStart(3, '0')}` })) b += v.length; return b; },
  'pg prefix of 100': async () => { let b = 0; for (let t = 0; t < 200; t++) { const p = `key:000${String(t).padStart(3, '0')}`; const { rows } = await pool.query({ name: 'p', text: 'SELECT key, value FROM bench WHERE key >= $1 AND key < $2 ORDER BY key', values: [Buffer.from(p), Buffer.from(p + 'z')] }); for (const r of rows) b += r.value.length; } return b; },
};
const times: Record<string, number[]> = {};
for (let round = 0; round < 8; round++) for (const [name, run] of Object.entries(cases)) {
  globalThis.gc?.();
  const t = performance.now(); await run(); const d = performance.now() - t;
  if (round > 0) (times[name] ??= []).push(d);
}
const base = median(times.pg!);
for (const [name, l] of Object.entries(times)) console.log(name.padEnd(20), median(l).toFixed(1).padStart(8), 'ms', (median(l) / base).toFixed(2));
await store.close(); await old.close(); await pool.end();

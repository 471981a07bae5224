// Runs the programs under load, and prints what they did: see ../README.md.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { entryOf, wholeNumber } from '../../testing/src/arguments.ts';
import type { LoadResult } from './common/load.ts';
import { print } from './common/report.ts';
import { loadMedia } from './media/load.ts';
import { loadMetrics } from './metrics/load.ts';
import { loadSearch } from './search/load.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '30' },
    clients: { type: 'string', default: '50' },
    'think-ms': { type: 'string', default: '0' },
    nice: { type: 'string', default: '0' },
    'large-mib': { type: 'string', default: '500' },
    points: { type: 'string', default: '10000000' },
    passages: { type: 'string', default: '20000' },
    seed: { type: 'string', default: '1' },
    json: { type: 'string' },
  },
});
const seconds = wholeNumber('seconds', values.seconds);
const clients = wholeNumber('clients', values.clients);
const thinkMs = wholeNumber('think-ms', values['think-ms']);
const nice = wholeNumber('nice', values.nice);
const largeMib = wholeNumber('large-mib', values['large-mib']);
const points = wholeNumber('points', values.points);
const passages = wholeNumber('passages', values.passages);
const seed = wholeNumber('seed', values.seed);

const PROGRAMS: ReadonlyMap<string, () => Promise<LoadResult>> = new Map([
  ['media', () => loadMedia({ seconds, clients, thinkMs, nice, largeMib, seed })],
  ['metrics', () => loadMetrics({ seconds, points })],
  ['search', () => loadSearch({ seconds, clients, thinkMs, nice, passages, way: 'search' })],
  ['search-async', () => loadSearch({ seconds, clients, thinkMs, nice, passages, way: 'searchAsync' })],
]);

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
const programs = (positionals.length > 0 ? positionals : [...PROGRAMS.keys()]).map((name) =>
  entryOf('program', name, PROGRAMS),
);
const results: LoadResult[] = [];
for (const run of programs) {
  const result = await run();
  print(result);
  results.push(result);
}
if (values.json) writeFileSync(values.json, `${JSON.stringify(results, null, 2)}\n`);

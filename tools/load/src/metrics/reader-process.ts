// reader-process.ts FILE: looks at the log of another process, ten times a second, until SIGTERM. Each look takes the
// lengths of all columns and the last 1,000 elements of two of them, from one state of the file.
import { setTimeout as sleep } from 'node:timers/promises';
import { ColumnVault } from 'kohakuvault';
import { type Delays, delaysOf, microseconds } from '../common/delays.ts';
import { answerQuestions, leaveParent } from '../common/health.ts';
import { metricAt, NAMES } from './columns.ts';

/** What the reader has seen. */
export interface Seen {
  looks: number;
  /** Looks that saw columns of different lengths. */
  torn: number;
  /** Looks that saw an element other than what was logged. */
  wrong: number;
  rows: number;
  /** Milliseconds of a look. */
  latency: Delays;
}

const [file = ''] = process.argv.slice(2);
const LOOK_MS = 100;
const LAST = 1_000;

const seen = { looks: 0, torn: 0, wrong: 0, rows: 0 };
const took = microseconds();
const vault = new ColumnVault(file, { readonly: true });
const columns = NAMES.map((name) => vault.column(name, 'f64'));
answerQuestions(file);
let stopping = false;
process.once('SIGTERM', () => {
  stopping = true;
});

function look(): void {
  const start = performance.now();
  vault.snapshot(() => {
    const lengths = columns.map(({ length }) => length);
    const rows = Math.min(...lengths);
    if (lengths.some((length) => length !== rows)) seen.torn++;
    const first = Math.max(0, rows - LAST);
    for (const metric of [0, 13]) {
      const last = columns[metric + 1]?.slice(first, rows) ?? [];
      if (last.some((value, index) => value !== metricAt(first + index, metric))) seen.wrong++;
    }
    seen.rows = rows;
  });
  seen.looks++;
  took.record(Math.max(1, Math.round((performance.now() - start) * 1_000)));
}

look();
process.send?.({ ready: seen.rows });
while (!stopping) {
  await sleep(LOOK_MS);
  look();
}
vault.close();
process.send?.({ seen: { ...seen, latency: delaysOf(took, 1_000) } satisfies Seen }, leaveParent);

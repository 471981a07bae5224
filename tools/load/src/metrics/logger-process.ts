// logger-process.ts FILE ROWS: logs rows until there are so many, and ends at SIGTERM. It reports each flush, after
// which the rows outlive the process, and at its end how many rows it has logged.
import { setImmediate as turn } from 'node:timers/promises';
import { answerQuestions, leaveParent } from '../common/health.ts';
import { METRICS, metricAt, openLog } from './columns.ts';

const [file = '', rows = ''] = process.argv.slice(2);
const SLICE = 500;
const FLUSH_ROWS = 10_000;

const { vault, columns } = openLog(file);
vault.enableCache({ flushInterval: 200, flushThreshold: 1024 * 1024 });
answerQuestions(file);
let stopping = false;
const stop = new Promise<void>((resolve) => {
  process.once('SIGTERM', () => {
    stopping = true;
    resolve();
  });
});

const [at, ...metrics] = columns;
let row = at?.length ?? 0;

/** Logs a row whole: no flush can come between its columns. */
function logRow(): void {
  vault.lockCache(() => {
    at?.append(row);
    for (let metric = 0; metric < METRICS; metric++) metrics[metric]?.append(metricAt(row, metric));
  });
  row++;
}

process.send?.({ ready: row });
while (row < Number(rows) && !stopping) {
  for (const end = row + SLICE; row < end; ) logRow();
  if (row % FLUSH_ROWS === 0) {
    vault.flushCache();
    process.send?.({ flushed: row });
  }
  await turn(); // here the timer of flushInterval can fire
}
if (!stopping) {
  vault.flushCache();
  process.send?.({ logged: row });
}
await stop;
vault.close(); // writes what is pending
process.send?.({ closed: row }, leaveParent);

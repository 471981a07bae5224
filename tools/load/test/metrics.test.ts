// The metrics logger in real processes: rows are whole for every reader, and those that were flushed outlive SIGKILL.
import { expect, onTestFinished, test } from 'vitest';
import { tempFile } from '../../testing/src/temp.ts';
import { Child } from '../src/common/child.ts';
import { metricAt, openLog } from '../src/metrics/columns.ts';
import { LOGGER, READER } from '../src/metrics/load.ts';
import type { Seen } from '../src/metrics/reader-process.ts';
import { Acknowledgements } from './acknowledgements.ts';

const FOREVER = String(Number.MAX_SAFE_INTEGER);

function start(program: string, args: string[]): Child {
  const child = new Child(program, args);
  onTestFinished(() => child.kill());
  return child;
}

/** Returns how many rows a log has. Throws if its columns are of different lengths, or hold what was not logged. */
function rowsOf(file: string): number {
  const { vault, columns } = openLog(file);
  try {
    const [at, ...metrics] = columns.map((column) => column.slice());
    const rows = at?.length ?? 0;
    for (const [metric, values] of metrics.entries()) {
      expect(values.length).toBe(rows);
      expect(values.findIndex((value, row) => value !== metricAt(row, metric))).toBe(-1);
    }
    return rows;
  } finally {
    vault.close();
  }
}

test('a reader in another process sees whole rows', async () => {
  const file = tempFile();
  const logger = start(LOGGER, [file, '100000']);
  await logger.next('ready');
  const logged = logger.next<number>('logged');
  const reader = start(READER, [file]);
  await reader.next('ready');
  expect(await logged).toBe(100_000);
  const seen = reader.next<Seen>('seen');
  await reader.stop();
  expect(await seen).toMatchObject({ torn: 0, wrong: 0, rows: 100_000 });
});

test('SIGKILL: the rows that were flushed are there, and every row is whole', async () => {
  const file = tempFile();
  let rows = 0;
  for (let round = 0; round < 3; round++) {
    const logger = start(LOGGER, [file, FOREVER]);
    expect(await logger.next('ready')).toBe(rows);
    let flushed = 0;
    const counted = new Acknowledgements(3);
    logger.hear<number>('flushed', (count) => {
      flushed = count;
      counted.add();
    });
    await counted.enough;
    await logger.kill();
    rows = rowsOf(file);
    expect(rows).toBeGreaterThanOrEqual(flushed);
  }
});

test('SIGTERM: every row that was logged is there', async () => {
  const file = tempFile();
  const logger = start(LOGGER, [file, FOREVER]);
  await logger.next('flushed');
  const closed = logger.next<number>('closed');
  await logger.stop();
  expect(rowsOf(file)).toBe(await closed);
});

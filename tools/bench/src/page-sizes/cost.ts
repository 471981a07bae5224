import { readFileSync } from 'node:fs';

/** What one operation cost. */
export interface Cost {
  /** Processor time of all threads: on a busy machine, time that passes says little. */
  ns: number;
  /** The bytes written to the WAL and to the file. All of them are synced, at the latest by the next checkpoint. */
  bytes: number;
}

const NS_PER_US = 1_000;

/** Returns what one of `count` operations costs that `work` does. */
export async function costOf(count: number, work: () => unknown): Promise<Cost> {
  const before = written();
  const start = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(start);
  return { ns: ((user + system) * NS_PER_US) / count, bytes: (written() - before) / count };
}

/** Returns the cost of an operation that is called `count` times, after a tenth as many calls that do not count. */
export function costOfEach(count: number, work: (turn: number) => unknown): Promise<Cost> {
  const warm = Math.ceil(count / 10);
  for (let turn = 0; turn < warm; turn++) work(turn);
  return costOf(count, () => {
    for (let turn = warm; turn < warm + count; turn++) work(turn);
  });
}

/** Returns the bytes that this process has given the system to write, according to Linux; 0 elsewhere. */
function written(): number {
  try {
    return Number(/^wchar: (\d+)/m.exec(readFileSync('/proc/self/io', 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

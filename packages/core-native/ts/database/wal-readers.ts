const { readFileSync, statSync } = process.getBuiltinModule('node:fs');

/** A process that reads a state of the file which the WAL must keep. */
export interface WalReader {
  readonly pid: number;
  /** How many database pages of the WAL its oldest state has. Those behind them cannot reach the file yet. */
  readonly frames: number;
}

/** The bytes of the index that SQLite locks: one for each read mark, and one that every connection holds. */
const FIRST_READ_LOCK = 123;
const READ_LOCKS = 5;
const OPEN_LOCK = 128;

/** A lock as Linux lists it: `1: POSIX  ADVISORY  READ 24610 fe:00:9978119 123 123`. */
const LOCK = /^\d+: POSIX +\S+ +(?:READ|WRITE) +(\d+) +([\da-f]+:[\da-f]+:\d+) +(\d+) +(\d+)$/gm;

/**
 * Returns the processes that hold a read mark; undefined if the system does not tell. The locks are read from the list
 * of Linux: opening the index would give up the locks that this process has on it.
 *
 * `marks`: how many pages of the WAL each mark stands for.
 */
export function walReaders(walIndexFile: string, marks: readonly number[]): WalReader[] | undefined {
  if (process.platform !== 'linux') return undefined;
  const oldest = new Map<number, number>();
  let isListed = false;
  try {
    const name = nameInList(walIndexFile);
    for (const [, pid, file, start, end] of readFileSync('/proc/locks', 'latin1').matchAll(LOCK)) {
      if (file !== name) continue;
      const [holder, first, last] = [Number(pid), Number(start), Number(end)];
      // Adjacent locks of one process are listed as one.
      if (holder === process.pid && first <= OPEN_LOCK && last >= OPEN_LOCK) isListed = true;
      for (let mark = 0; mark < READ_LOCKS; mark++) {
        const place = FIRST_READ_LOCK + mark;
        if (place < first || place > last) continue;
        oldest.set(holder, Math.min(oldest.get(holder) ?? Number.POSITIVE_INFINITY, marks[mark] ?? 0));
      }
    }
  } catch {
    return undefined;
  }
  // Some file systems list other numbers than they return, and some containers list nothing.
  return isListed ? Array.from(oldest, ([pid, frames]) => ({ pid, frames })) : undefined;
}

/** Returns device and inode as the list writes them. */
function nameInList(file: string): string {
  const { dev, ino } = statSync(file, { bigint: true });
  const major = ((dev >> 8n) & 0xfffn) | ((dev >> 32n) & 0xfffff000n);
  const minor = (dev & 0xffn) | ((dev >> 12n) & 0xffffff00n);
  const hex = (number: bigint) => number.toString(16).padStart(2, '0');
  return `${hex(major)}:${hex(minor)}:${ino}`;
}

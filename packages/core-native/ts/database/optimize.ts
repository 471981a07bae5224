import type { Database } from 'better-sqlite3';
import { checkOptions, rules } from '../checks/options.ts';
import { plural } from '../text/plain.ts';
import { checkpoint } from './checkpoint.ts';
import { firstRow } from './statement.ts';
import { walBytes } from './wal-stats.ts';
import { pragmaOf, unlessBusy, withTimeout } from './without-waiting.ts';

export interface OptimizeOptions {
  /**
   * How many milliseconds may pass. Then free pages are given back in small transactions, between which others write.
   * The file must have been made ready for that by `makeIncremental`. Default: as many as it takes.
   */
  maxMs?: number | undefined;
  /** Whether the whole file is rewritten so that `maxMs` can give back its free pages from now on. Default false. */
  makeIncremental?: boolean | undefined;
}

/** What `optimize` has done, and what is left. */
export interface OptimizeResult {
  /** Whether nothing is left to do. */
  readonly finished: boolean;
  /** What is left to do, and how; undefined if nothing is. */
  readonly left: string | undefined;
  /** The database pages that the file has given back. */
  readonly freedPages: number;
  /** The database pages that the file still has and does not use. Later writes use them first. */
  readonly freePages: number;
  /** Bytes of a database page. */
  readonly pageSize: number;
  /** The length of the WAL; 0 if all of it has reached the file. */
  readonly walBytes: number;
  /** The tables and indexes of which the statistics were renewed. */
  readonly analyzed: number;
}

/** What surrounds each step: one write outside a transaction. */
type Write = <T>(work: () => T) => T;

const RULES = { maxMs: rules.wholeNumber(1, 0x7fffffff), makeIncremental: rules.boolean };
const INCREMENTAL = 2;
/** The pages that the first step gives back. */
const FIRST_PAGES = 8;
/** Few enough steps that the last one is not much too long. */
const STEPS = 16;
/** How much of the WAL a checkpoint moves in a millisecond, on a slow disk. */
const WAL_BYTES_PER_MS = 64 * 1024;

export function checkOptimizeOptions(options: OptimizeOptions | undefined): OptimizeOptions {
  checkOptions('optimize', options, RULES);
  return options ?? {};
}

/** Renews the statistics, rewrites the file without its free pages, and moves the WAL into it. */
export function optimizeWhole(
  database: Database,
  write: Write,
  { makeIncremental, movesWal }: { makeIncremental: boolean; movesWal: boolean },
): OptimizeResult {
  const before = pagesOf(database);
  const analyzed = write(() => {
    const count = analyze(database);
    if (makeIncremental) database.pragma(`main.auto_vacuum = ${INCREMENTAL}`);
    database.exec('VACUUM main');
    return count;
  });
  // VACUUM writes the whole file into the WAL. Nobody waits for those who still read there.
  if (movesWal && walBytesOf(database) > 0)
    write(() => withTimeout(pragmaOf(database), 0, () => checkpoint(database, 'truncate')));
  return resultOf(database, before, { analyzed, movesWal });
}

/** Does as much of it as can be done in so many milliseconds, without keeping others from writing. */
export function optimizeFor(
  database: Database,
  write: Write,
  { maxMs, movesWal }: { maxMs: number; movesWal: boolean },
): OptimizeResult {
  const end = performance.now() + maxMs;
  const before = pagesOf(database);
  let analyzed = 0;
  const step = (work: () => void) => write(() => withTimeout(pragmaOf(database), 0, () => unlessBusy(work)));
  let isFree = step(() => {
    analyzed = analyze(database);
  });
  if (isIncremental(database)) {
    for (let pages = FIRST_PAGES; isFree && freePagesOf(database) > 0 && performance.now() < end; ) {
      const start = performance.now();
      const count = pages;
      isFree = step(() => database.exec(`PRAGMA main.incremental_vacuum(${count})`));
      if ((performance.now() - start) * STEPS < maxMs) pages *= 2;
    }
  }
  const leftMs = end - performance.now();
  if (movesWal && isFree && leftMs > 0 && walBytesOf(database) < leftMs * WAL_BYTES_PER_MS) {
    step(() => checkpoint(database, 'truncate'));
  }
  const busy = isFree ? undefined : 'another connection is writing; call optimize again';
  return resultOf(database, before, { analyzed, movesWal, busy });
}

interface Done {
  readonly analyzed: number;
  readonly movesWal: boolean;
  readonly busy?: string | undefined;
}

function resultOf(database: Database, before: number, { analyzed, movesWal, busy }: Done): OptimizeResult {
  const freePages = freePagesOf(database);
  const walBytes = walBytesOf(database);
  const left = busy ?? whatIsLeft(database, freePages, movesWal ? walBytes : 0);
  return {
    finished: left === undefined,
    left,
    freedPages: Math.max(0, before - pagesOf(database)),
    freePages,
    pageSize: numberOf(database, 'page_size'),
    walBytes,
    analyzed,
  };
}

function whatIsLeft(database: Database, freePages: number, walBytes: number): string | undefined {
  if (freePages > 0) {
    const has = `the file has ${plural(freePages, 'free page')}`;
    if (isIncremental(database)) return `${has}; call optimize again`;
    return `${has}, and cannot give them back in steps; call optimize({ makeIncremental: true }) when others can wait`;
  }
  if (walBytes > 0) return 'another connection reads from the WAL; call optimize or checkpoint again';
  return undefined;
}

/** Renews the statistics that SQLite plans with. Returns how many tables and indexes needed that. */
function analyze(database: Database): number {
  // The mask of `PRAGMA optimize`, with the bit that only lists.
  const { length } = database.prepare('PRAGMA main.optimize(0xffff)').all();
  if (length > 0) database.exec('PRAGMA main.optimize');
  return length;
}

function isIncremental(database: Database): boolean {
  return numberOf(database, 'main.auto_vacuum') === INCREMENTAL;
}

function pagesOf(database: Database): number {
  return numberOf(database, 'main.page_count');
}

function freePagesOf(database: Database): number {
  return numberOf(database, 'main.freelist_count');
}

function numberOf(database: Database, pragma: string): number {
  return Number(database.pragma(pragma, { simple: true }));
}

function walBytesOf(database: Database): number {
  // The name may be a path that is relative to an earlier folder.
  const file = firstRow<{ file: string }>(database, "SELECT file FROM pragma_database_list WHERE name = 'main'")?.file;
  return file ? walBytes(file) : 0;
}

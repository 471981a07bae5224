import { WalIndex } from '../native/constants.ts';
import { type WalReader, walReaders } from './wal-readers.ts';

/** The state of the WAL. All numbers are 0 for a file that is not in WAL mode, and for a database in memory. */
export interface WalStats {
  /** The length of the `-wal` file. It does not become shorter when its pages have reached the file. */
  readonly bytes: number;
  /** Database pages in the WAL, since a commit last began at its front. */
  readonly frames: number;
  /** How many of them have reached the file. */
  readonly checkpointed: number;
  /** Bytes of a database page. */
  readonly pageSize: number;
  /**
   * The processes that read now. The pages of the WAL that they need are kept. Undefined if the system does not tell:
   * only Linux does.
   */
  readonly readers: readonly WalReader[] | undefined;
}

/** How often a state is read again that a commit was just changing. */
const TRIES = 100;

const NOTHING: WalStats = { bytes: 0, frames: 0, checkpointed: 0, pageSize: 0, readers: undefined };

/** Reads the state of the WAL from its index, without a lock. `index` is undefined outside WAL mode. */
export function walStatsOf(file: string, index: Uint32Array | undefined): WalStats {
  if (index === undefined || file === '') return NOTHING;
  const { frames, checkpointed, pageSize } = numbersOf(index);
  const marks = Array.from(index.subarray(WalIndex.firstMark, WalIndex.firstMark + WalIndex.marks), (mark, which) =>
    // The first mark is for readers that need the file only: they need what has reached it to stay as it is.
    which === 0 ? checkpointed : Math.min(mark, frames),
  );
  return { bytes: walBytes(file), frames, checkpointed, pageSize, readers: walReaders(`${file}-shm`, marks) };
}

/** Returns the length of the WAL of a file; 0 without one. */
export function walBytes(file: string): number {
  return process.getBuiltinModule('node:fs').statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0;
}

/** Returns a text that changes with every commit. */
export function commitIn(index: Uint32Array): string {
  return `${index[WalIndex.counter]} ${index[WalIndex.checkSum]}`;
}

/** Returns how many pages of the WAL have not reached the file. */
export function framesLeft(index: Uint32Array): number {
  const { frames, checkpointed } = numbersOf(index);
  return frames - checkpointed;
}

/** Returns how many bytes of pages are in the WAL. */
export function lengthIn(index: Uint32Array): number {
  return (index[WalIndex.frames] as number) * pageSizeOf(index);
}

function numbersOf(index: Uint32Array): Pick<WalStats, 'frames' | 'checkpointed' | 'pageSize'> {
  let head = index.slice(0, WalIndex.copy);
  for (let tries = 0; tries < TRIES && !isCopied(index, head); tries++) head = index.slice(0, WalIndex.copy);
  const frames = head[WalIndex.frames] as number;
  return {
    frames,
    // A commit may have begun at the front between the two reads.
    checkpointed: Math.min(index[WalIndex.checkpointed] as number, frames),
    pageSize: pageSizeOf(head),
  };
}

function isCopied(index: Uint32Array, head: Uint32Array): boolean {
  return head.every((number, place) => index[WalIndex.copy + place] === number);
}

/** The page size is a u16 in the second half of its number; 1 stands for 65,536. */
function pageSizeOf(head: Uint32Array): number {
  const size = new Uint16Array(head.buffer, head.byteOffset)[2 * WalIndex.pageSize + 1] as number;
  return size === 1 ? 0x10000 : size;
}

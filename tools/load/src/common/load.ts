import { setPriority } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Child } from './child.ts';
import { type Delays, delaysOf, microseconds } from './delays.ts';
import type { Memory } from './health.ts';

/** What one program did under its load. */
export interface LoadResult {
  program: string;
  settings: Record<string, number | string>;
  work: WorkResult[];
  processes: ProcessResult[];
}

/** One kind of work of the clients. */
export interface WorkResult {
  work: string;
  count: number;
  /** Answers other than what was expected. */
  failures: number;
  perSecond: number;
  mibPerSecond: number;
  /** Milliseconds from the request to the end of its answer. */
  latency?: Delays;
}

export interface ProcessResult {
  process: string;
  loop: Delays;
  own: Delays | undefined;
  /** One look per second. */
  memory: Memory[];
}

/** One kind of work: so many clients do it one after the other. It returns the bytes that it moved. */
export interface Work {
  work: string;
  clients: number;
  once(turn: number): Promise<number>;
}

const MIB = 1024 * 1024;
const LOOK_MS = 1_000;
const IDLE = join(import.meta.dirname, 'idle-process.ts');

export interface LoadSettings {
  seconds: number;
  /** How long each client rests after an answer, in milliseconds. */
  thinkMs?: number;
  /** The `nice` value of the clients. Otherwise they take cores from the processes, which other machines would not. */
  nice?: number;
}

/** Has clients work for some seconds, or until something has ended, while the processes are watched. */
export async function load(
  { seconds, thinkMs = 0, nice = 0 }: LoadSettings,
  kinds: readonly Work[],
  children: Readonly<Record<string, Child>>,
  end?: Promise<unknown>,
): Promise<Pick<LoadResult, 'work' | 'processes'>> {
  const idle = new Child(IDLE, []);
  await idle.next('ready');
  const all = { ...children, idle };
  const until = performance.now() + seconds * 1_000;
  let ended = false;
  const running = () => !ended && performance.now() < until;
  const noteEnd = () => {
    ended = true;
  };
  end?.then(noteEnd, noteEnd);
  for (const child of Object.values(all)) child.reset();
  const watched = Object.entries(all).map(([process, child]) => watch(process, child, until, running));
  setPriority(nice);
  const work = await Promise.all(kinds.map((kind) => workFor(seconds, thinkMs, kind, running)));
  const processes = await Promise.all(watched);
  // Processes that are started later would have it too.
  if (nice > 0) setPriority(0);
  await idle.kill();
  return { work, processes };
}

async function workFor(
  seconds: number,
  thinkMs: number,
  { work, clients, once }: Work,
  running: () => boolean,
): Promise<WorkResult> {
  const latencies = microseconds();
  let [turn, bytes, failures] = [0, 0, 0];
  const client = async () => {
    while (running()) {
      const start = performance.now();
      try {
        const moved = await once(turn++);
        bytes += moved; // not in one expression: that would lose what the other clients add meanwhile
        latencies.record(Math.max(1, Math.round((performance.now() - start) * 1_000)));
      } catch (error) {
        if (failures++ === 0) console.error(`${work}: ${(error as Error).message}`);
      }
      if (thinkMs > 0) await sleep(thinkMs);
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  const { count } = latencies;
  const rate = { perSecond: count / seconds, mibPerSecond: bytes / MIB / seconds };
  return { work, count, failures, ...rate, latency: delaysOf(latencies, 1_000) };
}

async function watch(process: string, child: Child, until: number, running: () => boolean): Promise<ProcessResult> {
  const memory: Memory[] = [];
  for (;;) {
    const health = await child.health();
    memory.push(health.memory);
    if (!running()) return { process, loop: health.loop, own: health.own, memory };
    await sleep(Math.min(LOOK_MS, Math.max(0, until - performance.now())));
  }
}

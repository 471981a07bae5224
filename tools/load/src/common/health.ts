import { statSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { type Delays, delaysOf } from './delays.ts';
import { OwnDelays } from './own-delays.ts';

/** What a process reports of itself. */
export interface Health {
  /** How long its event loop was late since the last reset. */
  loop: Delays;
  /** The same without the time in which another thread or process had the core; undefined if the system does not tell. */
  own: Delays | undefined;
  memory: Memory;
}

/** MiB. */
export interface Memory {
  rss: number;
  heap: number;
  external: number;
  wal: number;
}

/** What the parent may send. */
export type Question = 'reset' | 'health' | 'stop';

const MIB = 1024 * 1024;
const RESOLUTION_MS = 1;

/** Answers the parent's questions until the channel to it is closed. The file is the database whose WAL is measured. */
export function answerQuestions(file: string): void {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
  const own = OwnDelays.watch();
  process.on('message', (question: Question) => {
    if (question === 'reset') {
      histogram.reset();
      own?.reset();
    } else if (question === 'stop') process.emit('SIGTERM');
    else process.send?.({ health: { loop: delaysOf(histogram, 1e6), own: own?.delays, memory: memoryOf(file) } });
  });
  process.once('disconnect', abandoned);
}

/** Closes the channel to the parent. If nothing else is open, the process then ends. */
export function leaveParent(): void {
  process.off('disconnect', abandoned);
  process.disconnect();
}

/** Without its parent nobody would end the process. */
function abandoned(): never {
  process.exit(1);
}

function memoryOf(file: string): Memory {
  const { rss, heapUsed, external } = process.memoryUsage();
  const wal = statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0;
  return { rss: rss / MIB, heap: heapUsed / MIB, external: external / MIB, wal: wal / MIB };
}

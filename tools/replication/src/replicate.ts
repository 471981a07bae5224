import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import type { Random } from '../../testing/src/random.ts';
import { type Counts, countsOf } from './content.ts';
import { Litestream } from './litestream.ts';
import type { Target } from './targets.ts';
import { Writer } from './writer.ts';

export interface Plan {
  readonly program: string;
  readonly random: Random;
  readonly points: number;
  readonly checkpointing: 'own' | 'external';
  /** The folder of the run. */
  readonly folder: string;
  /** Where Litestream replicates to. */
  readonly target: Target;
  log(text: string): void;
}

/** A moment at which everything had been replicated. */
interface Point {
  readonly at: Date;
  readonly counts: Counts;
}

/** How long a replica may lag behind writers that pause. */
const MOST_LAG = 120_000;
const TRY_EVERY = 250;
/** Longer than what Litestream collects into one file, so that what is written later has a later time. */
const APART = 1_500;

/**
 * Two processes write, and they and Litestream are killed in turns. Each time everything has been replicated, the moment
 * is noted. In the end the file is restored as it was at each of them, and compared with the model.
 */
export async function replicate(plan: Plan): Promise<Counts> {
  const { program, random, points, checkpointing, folder, target, log } = plan;
  const file = join(folder, 'vault.db');
  const litestream = new Litestream(program, folder, file, target.replica);
  const writers = [0, 1].map((number) => new Writer(file, number, checkpointing));
  const noted: Point[] = [];
  try {
    for (const writer of writers) await writer.start();
    litestream.start();
    for (let point = 0; point < points; point++) {
      for (const writer of writers) writer.go();
      await writeAndKill(writers, litestream, random);
      for (const writer of writers) await writer.pause();
      const counts = countsOf(file);
      for (const [number, writer] of writers.entries()) {
        assert.ok((counts[number] as number) >= writer.acknowledged, `writer ${number} has lost what it acknowledged`);
        // What was under way when it was killed may be there as well.
        writer.acknowledged = counts[number] as number;
      }
      await untilReplicated(litestream, folder, counts);
      noted.push({ at: new Date(), counts });
      log(`point ${point + 1}: ${counts.join(' and ')} transactions are replicated`);
      await after(APART);
    }
    for (const writer of writers) await writer.kill();
    await litestream.kill('SIGTERM');
    for (const [number, { at, counts }] of noted.entries()) {
      const restored = join(folder, `restored ${number}.db`);
      await litestream.restore(restored, at);
      assert.deepEqual(countsOf(restored), counts, `point ${number + 1}`);
      log(`point ${number + 1}: restored as it was at ${at.toISOString()}`);
    }
    return (noted.at(-1) as Point).counts;
  } finally {
    for (const writer of writers) await writer.kill();
    await litestream.kill();
  }
}

/** Lets the writers write, kills one of them, then Litestream, and starts both again. */
async function writeAndKill(writers: readonly Writer[], litestream: Litestream, random: Random): Promise<void> {
  const some = () => 10 + random.below(100);
  const victim = random.pick(writers);
  const other = writers.find((writer) => writer !== victim) as Writer;
  await victim.writes(some());
  await victim.kill();
  await other.writes(some());
  await victim.start();
  victim.go();
  await victim.writes(some());
  await litestream.kill();
  await other.writes(some());
  litestream.start();
  await victim.writes(some());
}

/** Waits until what Litestream restores is what the file has. */
async function untilReplicated(litestream: Litestream, folder: string, counts: Counts): Promise<void> {
  const end = performance.now() + MOST_LAG;
  const restored = join(folder, 'newest.db');
  for (;;) {
    let found: unknown;
    try {
      for (const name of ['', '-wal', '-shm']) rmSync(restored + name, { force: true });
      await litestream.restore(restored);
      found = countsOf(restored);
      if (JSON.stringify(found) === JSON.stringify(counts)) return;
    } catch (error) {
      // Nothing was replicated yet. A restored file that is wrong is an error, of whatever age.
      if (error instanceof assert.AssertionError) throw error;
      found = error;
    }
    if (performance.now() > end) {
      throw new Error(`the replica lags behind: found ${found}, expected ${counts}`, { cause: found });
    }
    await after(TRY_EVERY);
  }
}

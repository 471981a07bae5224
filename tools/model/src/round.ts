import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Random } from '../../testing/src/random.ts';
import { makeTriggers } from './steps/raw-sql.ts';
import { searchAside } from './steps/vectors.ts';
import { step } from './steps.ts';
import { check, checkOthers } from './world/check.ts';
import { expectedContent } from './world/content.ts';
import type { Helper } from './world/helper.ts';
import { Mismatch, show } from './world/mismatch.ts';
import { writeElements, writeEntries } from './world/model.ts';
import { KINDS, type Kind, World } from './world/world.ts';

const LINES_SHOWN = 40;

export interface RoundSetup {
  readonly seed: number;
  readonly steps: number;
  readonly helper: Helper | undefined;
  readonly verbose?: boolean;
}

/**
 * Runs the life of one file, from its creation to what a new connection of another process finds in it. Returns the
 * number of steps.
 */
export async function round({ seed, steps, helper, verbose }: RoundSetup): Promise<number> {
  const random = new Random(seed);
  const folder = mkdtempSync(join(tmpdir(), 'kohakuvault-model-'));
  const lines: string[] = [];
  const log = (line: string) => {
    lines.push(line);
    if (verbose) console.log(line);
    else if (lines.length > 2 * LINES_SHOWN) lines.splice(0, LINES_SHOWN);
  };
  const kind = KINDS[random.below(KINDS.length)] as Kind;
  let world: World | undefined;
  try {
    world = new World({ path: join(folder, 'model.db'), kind, random, helper, log });
    if (world.db) makeTriggers(world);
    check(world);
    while (world.steps < steps) {
      if (random.oneIn(12)) await searchAside(world, step);
      else step(world);
      // Now and then the macrotask ends in which reads share a snapshot.
      if (random.oneIn(4)) await new Promise(setImmediate);
    }
    finish(world);
    return world.steps;
  } catch (error) {
    const chain: string[] = [];
    for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
      chain.push(cause instanceof Mismatch ? cause.message : `${show(cause)}\n${cause.stack}`);
    }
    const at = `round --seed ${seed} --steps ${steps} (${kind}), step ${world?.steps}`;
    const state = world && stateOf(world);
    throw new Error([at, ...lines.slice(-LINES_SHOWN), chain.join('\ncaused by: '), state].join('\n'), {
      cause: error,
    });
  } finally {
    abandon(world);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Returns a short description of the model's state. */
function stateOf({ model, locks }: World): string {
  const { levels, fixed, lock, pending } = model;
  const names = levels.map(({ name }) => name ?? 'transaction');
  const waiting = [...pending.columns].map(([name, elements]) => `${name} ${elements.length}`);
  return show({ levels: names, fixed, lock, locks, entries: [...pending.kv.keys()], waiting });
}

/** Closes everything, which writes pending writes, and compares what others find. */
function finish(world: World): void {
  const { model, random, db, kvs, cvs, vectors, texts, readers, helper, path } = world;
  check(world);
  const leavesOpen = model.inTransaction && random.oneIn(2);
  if (model.inTransaction && !leavesOpen) {
    world.log('ROLLBACK');
    world.user.exec('ROLLBACK');
    model.rollback();
    check(world);
  }
  if (model.inTransaction) model.rollback();
  model.change((file, pending) => {
    writeEntries(file, pending);
    writeElements(file, pending);
  });
  // A function that SQLite calls now may find its vault closed.
  world.touched = { keys: 'all', columns: 'all', vectors: true, texts: true };
  if (db && (leavesOpen || random.oneIn(2))) {
    world.log('db.close()');
    db.close();
  } else {
    world.log('close()');
    for (const vault of [...world.visitors, ...[...kvs, ...cvs].map(({ vault }) => vault), vectors, texts])
      vault.close();
    if (world.kind === 'handed' || world.kind === 'journal') db?.close();
  }
  world.rethrow();
  checkOthers(world);
  const expected = expectedContent(model.committed);
  world.equal('the readonly vaults', readers.content, expected);
  if (helper) {
    const { result, error } = helper.ask({ op: 'read', fresh: true, path });
    if (error) throw new Mismatch(`another process reads: ${error}`);
    world.equal('what a new connection reads', result, expected);
  }
  world.equal('integrity_check', world.second.pragma('integrity_check', { simple: true }), 'ok');
}

/** Closes everything that is still open. */
function abandon(world: World | undefined): void {
  if (!world) return;
  const { second, readers, helper, db, kvs, cvs, vectors, texts } = world;
  world.helper && helper?.ask({ op: 'close' });
  const closing = [
    second,
    world.watcher,
    readers,
    world.peer,
    ...world.visitors,
    ...[...kvs, ...cvs].map(({ vault }) => vault),
    vectors,
    texts,
    db,
  ];
  for (const one of closing) {
    try {
      one?.close();
    } catch {
      // The failure that is reported came first.
    }
  }
}

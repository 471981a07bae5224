import { KohakuVaultError } from '@kohakuvault/core-native';
import { check, probe } from '../world/check.ts';
import { Mismatch } from '../world/mismatch.ts';
import type { FileState } from '../world/state.ts';
import { encoded, value } from '../world/values.ts';
import type { Touched, World } from '../world/world.ts';

interface Statement {
  readonly sql: string;
  readonly parameters?: readonly unknown[];
  readonly touched?: Touched;
  /** Makes its change, also if it fails: OR FAIL keeps what it has done. */
  readonly change?: (file: FileState) => void;
  readonly fails?: boolean;
  /** Whether it undoes the whole transaction. */
  readonly undoes?: boolean;
}

/** Runs a statement of the user that writes on the main connection. */
export function run(world: World, { sql, parameters = [], touched = {}, change, fails, undoes }: Statement): void {
  const { model } = world;
  world.log(`${sql}${touched.keys ? ` -- ${touched.keys}` : ''}${fails ? ' -- fails' : ''}`);
  const isBusy = !model.canWrite;
  const wasFixed = model.fixed;
  let error: (Error & { code?: string }) | undefined;
  world.touched = touched;
  try {
    world.user.prepare(sql).run(...parameters);
  } catch (thrown) {
    error = thrown as Error;
  }
  world.touched = {};
  world.rethrow(error);
  if (isBusy ? !error?.code?.startsWith('SQLITE_BUSY') : (error !== undefined) !== (fails ?? false)) {
    throw new Mismatch(`${sql}: ${isBusy ? 'busy was' : fails ? 'an error was' : 'no error was'} expected`, {
      cause: error,
    });
  }
  if (!isBusy) {
    model.take();
    if (change) model.change(change);
    if (undoes && model.inTransaction) model.rollback();
  }
  if (!wasFixed) world.settleReads();
}

export function entries(world: World) {
  const { random, model } = world;
  const [one, given] = [world.key(), value(random)];
  const bytes = Buffer.from(one);
  const { kv } = model.file;
  switch (random.below(6)) {
    case 0:
    case 1:
      return run(world, {
        sql: 'INSERT OR REPLACE INTO kv (key, value) VALUES (?, ?)',
        parameters: [bytes, encoded(given)],
        touched: { keys: [one] },
        change: (file) => file.kv.set(one, given),
      });
    case 2:
      return run(world, {
        sql: 'UPDATE kv SET value = ? WHERE key = ?',
        parameters: [encoded(given), bytes],
        touched: { keys: [one] },
        change: (file) => file.kv.has(one) && file.kv.set(one, given),
      });
    case 3:
      return run(world, {
        sql: 'DELETE FROM kv WHERE key >= ? AND key < ?',
        parameters: [bytes, Buffer.concat([bytes, Buffer.from([0xff])])],
        touched: { keys: 'all' },
        change: (file) => {
          for (const key of kv.keys()) if (key.startsWith(one)) file.kv.delete(key);
        },
      });
    case 4:
      return run(world, {
        sql: 'UPDATE text_vault_values SET value = ?',
        parameters: [encoded(given)],
        touched: { texts: true },
        change: (file) => {
          for (const [id, text] of file.texts) file.texts.set(id, { ...text, value: given });
        },
      });
    default:
      return run(world, {
        sql: 'UPDATE vec_kvault_values SET value = ?',
        parameters: [encoded(given)],
        touched: { vectors: true },
        change: (file) => {
          for (const [id, vector] of file.vectors) file.vectors.set(id, { ...vector, value: given });
        },
      });
  }
}

/** Runs a statement that fails halfway. */
export function failing(world: World) {
  const { random, model } = world;
  const taken = [...model.file.kv.keys()];
  const present = taken[random.below(taken.length)];
  const [first, last] = [world.key(), world.key()];
  if (present === undefined || taken.includes(first) || first === last) return entries(world);
  const way = ['', 'OR FAIL', 'OR ROLLBACK'][random.below(3)] as string;
  const given = value(random);
  const rows = [first, present, last].flatMap((key) => [Buffer.from(key), encoded(given)]);
  run(world, {
    sql: `INSERT ${way} INTO kv (key, value) VALUES (?, ?), (?, ?), (?, ?)`,
    parameters: rows,
    touched: { keys: [first, present, last] },
    ...(way === 'OR FAIL' && { change: (file) => file.kv.set(first, given) }),
    fails: true,
    undoes: way === 'OR ROLLBACK',
  });
}

/** Writes rows that violate a foreign key, which SQLite checks when the transaction ends. */
export function orphans(world: World) {
  const { model, random } = world;
  if (model.file.orphans > 0 && !random.oneIn(4)) {
    return run(world, {
      sql: 'DELETE FROM children',
      change: (file) => {
        file.orphans = 0;
      },
    });
  }
  const isAlone = !model.inTransaction;
  run(world, {
    sql: 'INSERT INTO children (parent) VALUES (7)',
    fails: isAlone,
    ...(!isAlone && {
      change: (file: FileState) => {
        file.orphans++;
      },
    }),
  });
}

const DEFINITIONS = [
  'CREATE TABLE IF NOT EXISTS other (id INTEGER PRIMARY KEY, text)',
  'DROP TABLE IF EXISTS other',
  'CREATE INDEX IF NOT EXISTS other_index ON children (parent)',
  'DROP INDEX IF EXISTS other_index',
  'ANALYZE',
];

export function definition(world: World): void {
  const { random } = world;
  // Without an effect it may not write, so its locks are unknown: it runs only if they make no difference.
  if (world.model.inTransaction ? world.model.lock !== 'main' : !world.model.canWrite) return;
  const sql = DEFINITIONS[random.below(DEFINITIONS.length)] as string;
  run(world, { sql });
}

/** Runs a statement of the user that only reads, and calls a function that reads. */
export function reading(world: World): void {
  world.log('SELECT model_probe()');
  world.user.prepare('SELECT model_probe()').get();
  world.rethrow();
  world.settleReads();
}

/** Has a function write: to the file it must not, to a cache it may. */
function writeInside(world: World): void {
  const { random, gathering, touched } = world;
  if (!random.oneIn(4)) return;
  const isWriting =
    touched.keys !== undefined || touched.columns !== undefined || touched.vectors === true || touched.texts === true;
  const direct = world.kvs.find(({ cache }) => !cache.active);
  const [one, given] = [world.key(), random.below(1000)];
  const { error } = attempt(() => isWriting && direct?.vault.set(one, given));
  if (isWriting && direct && !(error instanceof KohakuVaultError)) {
    throw new Mismatch(`in a function: ${direct.name}.set('${one}') ${error ? 'threw' : 'returned'}`, { cause: error });
  }
  if (!gathering || gathering.put) return;
  const put = attempt(() => gathering.kv.vault.set(one, given));
  if (put.error === undefined) gathering.put = [one, given];
  else if (!(put.error instanceof KohakuVaultError))
    throw new Mismatch('in a function: a cached set threw', { cause: put.error });
}

function attempt(work: () => unknown): { error?: unknown } {
  try {
    work();
    return {};
  } catch (error) {
    return { error };
  }
}

/** Reads through the library while a statement of the user is open. */
export function iterate(world: World) {
  const { random, model, user } = world;
  world.log('for (of db.prepare().iterate()) {');
  world.isIterating = true;
  let rows = 0;
  world.within(() => {
    for (const _ of user.prepare('SELECT key FROM main.kv').iterate()) {
      rows++;
      if (rows > 4) continue;
      check(world, true);
      if (random.oneIn(6)) {
        rows = model.file.kv.size;
        break;
      }
    }
  });
  world.isIterating = false;
  world.log('}');
  world.equal('rows of an iterator', rows, model.file.kv.size);
  world.settleReads();
}

const TRIGGERS = [
  'INSERT ON main.kv',
  'UPDATE ON main.kv',
  'DELETE ON main.kv',
  'UPDATE ON main.col_meta',
  'INSERT ON main.col_chunks',
];
const VECTOR_TRIGGERS = [
  'INSERT ON main.vec_kvault_values',
  'DELETE ON main.vec_kvault_values',
  'UPDATE ON main.vec_kvault_values',
];
const TEXT_TRIGGERS = [
  'INSERT ON main.text_vault_values',
  'DELETE ON main.text_vault_values',
  'UPDATE ON main.text_vault_values',
];
const ALL_TRIGGERS = [...TRIGGERS, ...VECTOR_TRIGGERS, ...TEXT_TRIGGERS];

/** Gives the user's connection a function that reads through the library, and triggers that call it. */
export function makeTriggers(world: World): void {
  const { user, random } = world;
  user.function('model_probe', () => {
    try {
      probe(world);
      writeInside(world);
    } catch (error) {
      // Kept for later: SQLite turns it into another error.
      world.found ??= error instanceof Mismatch ? error : new Mismatch('in a function', { cause: error });
    }
    return null;
  });
  user.function('model_raises', (how: string) => {
    if (world.raising?.how !== how || world.raising.after-- > 0) return 0;
    world.raised = true;
    return 1;
  });
  world.canRaise = random.oneIn(2);
  for (const [at, what] of ALL_TRIGGERS.entries()) {
    if (!world.canRaise) break;
    for (const how of ['ABORT', 'ROLLBACK']) {
      user.exec(
        `CREATE TEMP TRIGGER raise_${how}_${at} ${random.oneIn(2) ? 'AFTER' : 'BEFORE'} ${what}
          WHEN model_raises('${how}') BEGIN SELECT RAISE(${how}, 'raised by the model'); END`,
      );
    }
  }
  if (random.oneIn(2)) return;
  ALL_TRIGGERS.forEach((what, at) => {
    if (random.oneIn(3)) return;
    const time = random.oneIn(2) ? 'AFTER' : 'BEFORE';
    user.exec(`CREATE TEMP TRIGGER model_${at} ${time} ${what} BEGIN SELECT model_probe(); END`);
  });
}

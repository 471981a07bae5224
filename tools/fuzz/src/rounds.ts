import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { entryOf } from '../../testing/src/arguments.ts';
import { Random } from '../../testing/src/random.ts';
import type { Result } from './child.ts';
import { copyWithWal, type GoodFile, makeGoodFiles } from './files/good-files.ts';
import { subjectOfTable } from './files/subjects.ts';
import type { Mutation } from './mutations/mutation.ts';
import { MUTATIONS } from './mutations.ts';
import type { Outcome } from './outcome.ts';
import { UserProcess } from './user-process.ts';

export interface Plan {
  readonly rounds: number;
  readonly seed: number;
  /** The only kind of damage; all kinds without it. */
  readonly kind?: string | undefined;
  /** Whether only our own files are used: Python's are larger. */
  readonly ownOnly?: boolean;
  /** Receives each failure, and goes on; without it the first failure is thrown. */
  wrong?(text: string): void;
  report?(text: string): void;
}

export interface Tally {
  rounds: number;
  calls: number;
  /** The number of calls with the same result as on the sound file. */
  same: number;
  /** The number of calls with another result: content has changed, and nothing shows it. */
  other: number;
  /** The number of refused calls, by the code of the error. */
  readonly refused: Map<string, number>;
  /** The numbers of files in which a read was refused, and in which `verify` found damage. */
  refusing: number;
  found: number;
  /** The most memory that a process took, in bytes. */
  memory: number;
}

/** Errors that a sound file may give too: a later release, keys that are bytes, a value that only Python can read. */
const NO_DAMAGE = /the file has schema version|is not UTF-8; open the vault with keyEncoding|that only Python can read/;

/** The most memory that a process may take, in bytes. A sound file takes a quarter of it. */
const MOST_MEMORY = 1024 * 1024 * 1024;

/**
 * Damages copies of sound files and uses them. Throws with the round and its seed if an error is not ours, a process
 * crashes, hangs or takes too much memory, `verify` misses what a read refuses, or damage to one table shows in
 * another.
 */
export async function fuzz({ rounds, seed, kind, ownOnly = false, wrong: tell, report }: Plan): Promise<Tally> {
  const folder = mkdtempSync(join(tmpdir(), 'kohakuvault-fuzz-'));
  const user = new UserProcess();
  const close = () => {
    user.close();
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', close);
  try {
    const files = makeGoodFiles(join(folder, 'good')).filter(({ name }) => !ownOnly || name.startsWith('own'));
    const tally: Tally = { rounds, calls: 0, same: 0, other: 0, refused: new Map(), refusing: 0, found: 0, memory: 0 };
    const expected = new Map<GoodFile, Map<string, Outcome>>();
    const work = { verified: join(folder, 'verified.db'), used: join(folder, 'used.db') };
    const kinds = kind === undefined ? [...MUTATIONS.keys()] : [kind];
    for (let round = 0; round < rounds; round++) {
      const random = new Random(seed + round);
      const kindOfRound = kinds[random.below(kinds.length)] as string;
      const walNeeded = kindOfRound === 'wal';
      const candidates = files.filter(({ hasWal }) => hasWal === walNeeded || (hasWal && random.oneIn(4)));
      const file = candidates[random.below(candidates.length)] as GoodFile;
      if (!expected.has(file)) expected.set(file, await answersOf(file, user, folder));
      for (const path of Object.values(work)) {
        for (const end of ['', '-wal', '-shm']) rmSync(path + end, { force: true });
      }
      copyWithWal(file.path, work.used);
      const mutate = entryOf('kind of damage', kindOfRound, MUTATIONS);
      const mutation = mutate(work.used, random, file);
      copyWithWal(work.used, work.verified);
      const kept = join(folder, 'damaged.db');
      for (const end of ['', '-wal', '-shm']) rmSync(kept + end, { force: true });
      copyWithWal(work.used, kept);
      const result = await user.use({ ...work, subjects: file.subjects });
      const wrong = judge(result, { file, mutation, expected: expected.get(file) as Map<string, Outcome>, tally });
      if (wrong !== undefined) {
        const saved = join(tmpdir(), `kohakuvault-fuzz-${seed + round}.db`);
        copyWithWal(kept, saved);
        const options = `--rounds 1 --seed ${seed + round}${kind ? ` --kind ${kind}` : ''}${ownOnly ? ' --own' : ''}`;
        const text =
          `round ${round + 1} (${options}): ${kindOfRound} of ${file.name}: ${mutation.text}\n` +
          `${wrong}\nThe damaged file is ${saved}`;
        if (!tell) throw new Error(text);
        tell(text);
      }
      report?.(`${round + 1}: ${kindOfRound} of ${file.name}: ${mutation.text}`);
    }
    return tally;
  } finally {
    process.off('exit', close);
    close();
  }
}

/** Returns the outcome of every call on the sound file. Only values that cannot be read from Python may be refused. */
async function answersOf(file: GoodFile, user: UserProcess, folder: string): Promise<Map<string, Outcome>> {
  const [verified, used] = [join(folder, `${file.name}-verified.db`), join(folder, `${file.name}-used.db`)];
  copyWithWal(file.path, verified);
  copyWithWal(file.path, used);
  const result = await user.use({ verified, used, subjects: file.subjects });
  if ('ended' in result) throw new Error(`${file.name}, which is sound: ${result.ended}`);
  const raw = result.outcomes.find((outcome) => outcome.raw !== undefined);
  if (raw || result.verify.status !== 0) {
    throw new Error(
      `${file.name}, which is sound: ${raw ? `${raw.subject}: ${raw.call}: ${raw.raw}` : result.verify.output}`,
    );
  }
  return new Map(result.outcomes.filter(({ writes }) => !writes).map((outcome) => [keyOf(outcome), outcome]));
}

function keyOf({ subject, call }: Outcome): string {
  return `${subject}: ${call}`;
}

/** Returns what is wrong with the outcomes on a damaged file; undefined if nothing is. */
function judge(
  result: Result | { ended: string },
  {
    file,
    mutation,
    expected,
    tally,
  }: { file: GoodFile; mutation: Mutation; expected: ReadonlyMap<string, Outcome>; tally: Tally },
): string | undefined {
  if ('ended' in result) return `the process: ${result.ended}`;
  const { outcomes, verify, uncaught, memory } = result;
  if (uncaught.length > 0) return `uncaught: ${uncaught.join('\n')}`;
  tally.memory = Math.max(tally.memory, memory);
  if (memory > MOST_MEMORY) return `the process took ${memory} bytes of memory`;
  const isSettled = verify.status === 0 || verify.status === 3 || NO_DAMAGE.test(verify.output);
  if (!isSettled) return `verify ended with ${verify.status}: ${verify.output}`;
  const touched = mutation.table === undefined ? undefined : subjectOfTable(file.subjects, mutation.table);
  let refused: Outcome | undefined;
  for (const outcome of outcomes) {
    const { subject, call, writes, answer, code, raw, message } = outcome;
    tally.calls++;
    if (raw !== undefined) return `${subject}: ${call} threw ${raw}`;
    const sound = expected.get(keyOf(outcome));
    if (code !== undefined) tally.refused.set(code, (tally.refused.get(code) ?? 0) + 1);
    if (writes) continue;
    if (code === 'KV_CORRUPT' && sound?.code === undefined && !NO_DAMAGE.test(message ?? '')) refused ??= outcome;
    if (sound && sound.answer === answer && sound.code === code) tally.same++;
    else if (code === undefined) tally.other++;
    if (touched !== undefined && touched !== subject && sound && (sound.answer !== answer || sound.code !== code)) {
      return `${subject}: ${call} changed (${message ?? 'another answer'}), although only ${touched} was damaged`;
    }
  }
  if (refused) tally.refusing++;
  if (verify.status === 3) tally.found++;
  const overlooked = refused && verify.status === 0 && !NO_DAMAGE.test(verify.output);
  return overlooked
    ? `verify overlooks what ${refused?.subject}: ${refused?.call} refuses: ${refused?.message}`
    : undefined;
}

import { isExpected, type Lifetime, sumOf, Version } from '@kohakuvault/kvault/internal';
import type { NewEntry } from './entry-reads.ts';
import { timeParameters } from './life.ts';
import type { VaultContext } from './vault-context.ts';

/** Writes that depend on what a key has. No other program comes between. */
export class AtomicEntries {
  readonly #context: VaultContext;

  constructor(context: VaultContext) {
    this.#context = context;
  }

  async setIfAbsent(entry: NewEntry): Promise<boolean> {
    const { writes, executor } = this.#context;
    return await writes.putNew(executor, entry);
  }

  /** Sets a key, or deletes it if nothing is to be stored, if it has what is expected. Returns whether it had. */
  async compareAndSet(
    key: Buffer,
    expected: unknown,
    next: Buffer | undefined,
    life: Lifetime | undefined,
  ): Promise<boolean> {
    const { writes, reads, executor } = this.#context;
    if (expected === undefined || (Version.isVersion(expected) && Version.of(undefined).equals(expected))) {
      return next ? await writes.putNew(executor, { key, value: next, life }) : !(await reads.has(executor, key));
    }
    if (next && writes.fitsRow(next.length) && (await this.#replaced(key, expected, next, life))) return true;
    return await this.#underLock(key, expected, next, life);
  }

  /** Adds to the number of a key, or to 0 if it does not exist. Only a new entry gets the lifetime. Returns the sum. */
  async increment(key: Buffer, by: number | bigint, life: Lifetime | undefined): Promise<number | bigint> {
    const { executor, reads, codec, sql, table, structures } = this.#context;
    return await structures.decode(executor, () =>
      executor.atomically(async (session) => {
        for (;;) {
          const stored = await reads.getLocked(session, key);
          if (stored) {
            const sum = sumOf(codec.decode(stored, key), by, { key, table });
            await session.query(sql.replace, [key, codec.encode(sum, key)]);
            return sum;
          }
          // Another program may make the key between the two statements.
          const added = [key, codec.encode(by, key), ...timeParameters(life)];
          if ((await session.query(sql.putNew, added)).rows.length > 0) return by;
        }
      }),
    );
  }

  /** Replaces a short value by one statement, if its bytes are those that are expected. Returns whether they were. */
  async #replaced(key: Buffer, expected: unknown, next: Buffer, life: Lifetime | undefined): Promise<boolean> {
    const { executor, sql, codec } = this.#context;
    const isVersion = Version.isVersion(expected);
    const wanted = isVersion ? Buffer.from(String(expected), 'base64url') : Buffer.from(codec.encode(expected, key));
    const statement = isVersion ? sql.replaceVersion : sql.replaceSame;
    const { count } = await executor.tell(statement, [key, next, ...timeParameters(life), wanted]);
    return count > 0;
  }

  async #underLock(
    key: Buffer,
    expected: unknown,
    next: Buffer | undefined,
    life: Lifetime | undefined,
  ): Promise<boolean> {
    const { executor, reads, writes, codec, sql, structures } = this.#context;
    return await structures.decode(executor, () =>
      executor.atomically(async (session) => {
        const stored = await reads.getLocked(session, key);
        if (!stored || !isExpected(stored, expected, { key, codec })) return false;
        if (next) await writes.setIn(session, { key, value: next, life });
        else await session.query(sql.delete, [key]);
        return true;
      }),
    );
  }
}

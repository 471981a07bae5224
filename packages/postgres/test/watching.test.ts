// What a watch on a server promises beyond the contract: the order of commits, no traces, and logs that end.
import { type AsyncWatch, connect, type Store } from '@kohakuvault/postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rejects } from './support/contract.ts';
import { aServer, hasServer, stopServer } from './support/places.ts';

describe.runIf(hasServer)('a watch on a server', () => {
  let store: Store;
  let schema: string;
  let end: () => Promise<void>;
  let count = 0;
  beforeAll(async () => {
    const server = await aServer();
    schema = server.schema;
    end = server.dropSchema;
    store = await connect(server.url, { schema });
  });
  afterAll(async () => {
    await store?.close();
    await end?.();
    await stopServer();
  });

  const query = (text: string, ...parameters: unknown[]) => store.transaction((tx) => tx.query(text, parameters));
  const triggers = async (vault: string) => {
    const rows = await query(
      "SELECT tgname FROM pg_trigger WHERE tgrelid IN (to_regclass($1), to_regclass($2)) AND tgname LIKE 'kohakuvault_watch%'",
      `${schema}."${vault}"`,
      `${schema}."kohakuvault_parts_${vault}"`,
    );
    return rows.length;
  };
  const opened = async () => {
    const name = `w${count++}`;
    return { name, vault: await store.kvault<number>(name) };
  };

  test('has transactions in the order of their commits, and each as a whole', async () => {
    const { name, vault } = await opened();
    const first = vault.watch(undefined, { keep: 60_000 });
    const since = await first.position();
    let goOn = () => {};
    const isOtherDone = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    let begin = () => {};
    const hasBegun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const long = store.transaction(
      async (tx) => {
        await tx.kvault(name).set('long 1', 1);
        begin();
        await isOtherDone;
        await tx.transaction(async (inner) => {
          await inner.kvault(name).set('long 2', 2);
        });
        await tx
          .transaction(async (inner) => {
            await inner.kvault(name).set('undone', 2);
            throw new Error('undone');
          })
          .catch(() => {});
        await tx.kvault(name).delete('long 1');
      },
      { isolation: 'repeatable read' },
    );
    await hasBegun;
    await store.transaction((tx) => tx.kvault(name).update({ short: 1 }));
    await vault.set('single', 1);
    goOn();
    await long;
    const expected = ['set short', 'set single', 'set long 1', 'set long 2', 'delete long 1'];
    expect(await changes(first, 5)).toEqual(expected);
    await first.return();
    const again = vault.watch(undefined, { since });
    expect(await changes(again, 5)).toEqual(expected);
    await again.return();
  });

  test('lets serializable transactions on other keys be', async () => {
    const { name, vault } = await opened();
    const watch = vault.watch();
    await watch.begun;
    let runs = 0;
    await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        store.transaction(async (tx) => {
          runs++;
          await tx.kvault(name).set(`k${n}`, n);
        }),
      ),
    );
    expect((await changes(watch, 20)).sort()).toEqual(Array.from({ length: 20 }, (_, n) => `set k${n}`).sort());
    expect(runs).toBe(20);
    await watch.return();
  });

  test('leaves nothing behind, and nothing is logged while nobody watches', async () => {
    const { name, vault } = await opened();
    expect(await triggers(name)).toBe(0);
    const [one, two] = [vault.watch(), vault.watch()];
    await Promise.all([one.begun, two.begun]);
    expect(await triggers(name)).toBe(3);
    await vault.set('a', 1);
    await one.return();
    expect(await triggers(name)).toBe(3);
    await vault.close();
    expect((await two.next()).done).toBe(true);
    expect(await triggers(name)).toBe(0);
    for (const table of ['logs', 'watchers', 'changes', 'commits']) {
      expect(await query(`SELECT 1 FROM ${schema}.kohakuvault_${table} WHERE vault = $1`, name), table).toEqual([]);
    }
  });

  test('that died is ended when somebody opens the vault', async () => {
    const { name, vault } = await opened();
    const watch = vault.watch();
    await watch.begun;
    await query(`UPDATE ${schema}.kohakuvault_watchers SET until = now() - interval '1 second' WHERE vault = $1`, name);
    await store.kvault(name);
    expect(await triggers(name)).toBe(0);
    await vault.set('a', 1);
    await rejects('KV_STALE', () => watch.next());
  });

  test('that has not read for too long fails, because changes are lost', async () => {
    const { name, vault } = await opened();
    const watch = vault.watch();
    await vault.set('a', 1);
    await vault.set('b', 1);
    await query(`UPDATE ${schema}.kohakuvault_commits SET at = at - interval '1 hour' WHERE vault = $1`, name);
    const logged = `SELECT 1 FROM ${schema}.kohakuvault_changes WHERE vault = $1`;
    while ((await query(logged, name)).length > 0) await new Promise((resolve) => setTimeout(resolve, 200));
    await rejects('KV_STALE', () => watch.next());
    await watch.return();
  });

  test('does not begin inside a transaction, and is not in the way of a long one', async () => {
    const { name, vault } = await opened();
    await rejects('KV_INVALID_ARGUMENT', () =>
      store.transaction(async (tx) => {
        tx.kvault(name).watch();
      }),
    );
    let goOn = () => {};
    const mayEnd = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    let tell = () => {};
    const hasWritten = new Promise<void>((resolve) => {
      tell = resolve;
    });
    const long = store.transaction(
      async (tx) => {
        await tx.kvault(name).set('in', 1);
        tell();
        await mayEnd;
      },
      { isolation: 'repeatable read' },
    );
    await hasWritten;
    const watch = vault.watch();
    const other = await store.kvault<number>(name);
    // The watch waits for the transaction in short turns, between which others write.
    await other.set('out', 1);
    goOn();
    await long;
    await watch.begun;
    await vault.set('after', 1);
    expect((await changes(watch, 1)).at(-1)).toBe('set after');
    await watch.return();
  });
});

async function changes(watch: AsyncWatch<string, unknown>, count: number): Promise<string[]> {
  const found: string[] = [];
  while (found.length < count) {
    const { done, value } = await watch.next();
    if (done) throw new Error('the watch has ended');
    found.push(`${value.kind} ${value.key}`);
  }
  return found;
}

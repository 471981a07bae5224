// peer.ts (file PATH | postgres URL SCHEMA) NAME TASK COUNT: another process with a vault, or with the column of this name.
import { ColumnVault, asAsync as columnsAsAsync } from '@kohakuvault/columns';
import { asAsync, KVault } from '@kohakuvault/kvault';
import { type AsyncColumn, type AsyncColumns, type AsyncKVault, connect } from '@kohakuvault/postgres';

const [kind, where = '', ...rest] = process.argv.slice(2);
const send = (message: unknown) => process.send?.(message);
const store = kind === 'postgres' ? await connect(where, { schema: rest.shift() as string }) : undefined;
const [name = '', task = '', count = '0'] = rest;
const vault: AsyncKVault = store ? await store.kvault(name) : asAsync(new KVault(where, { table: name }));
const columns = async (): Promise<AsyncColumns> =>
  store ? await store.columns() : columnsAsAsync(new ColumnVault(where));
const column = async (): Promise<AsyncColumn<'f64'>> => await (await columns()).column(name, 'f64');
send('ready');
switch (task) {
  case 'increment':
    for (let nth = 0; nth < Number(count); nth++) await vault.increment('n');
    break;
  case 'write':
    for (let nth = 0; nth < Number(count); nth++) await vault.set(`${process.pid} ${nth}`, nth);
    break;
  case 'watch': {
    const watch = vault.watch(undefined, { keep: 60_000 });
    await watch.begun;
    send('watches');
    for await (const { kind, key, position } of watch) send({ kind, key, position });
    break;
  }
  case 'append': {
    const appended = await column();
    for (let nth = 0; nth < Number(count); nth++) await appended.append(nth);
    break;
  }
  case 'extend': {
    const extended = await column();
    for (let nth = 0; nth < Number(count); nth++) await extended.extend([nth, nth, nth]);
    break;
  }
  case 'follow': {
    const following = (await column()).follow({ from: 0 });
    for await (const value of following) send({ value, position: await following.position() });
    break;
  }
  case 'hang': {
    const job = await vault.queue('work', { visibility: 500 }).take();
    send({ took: job?.value });
    await new Promise(() => setInterval(() => {}, 1_000));
    break;
  }
  case 'work': {
    const ending = new AbortController();
    const queue = vault.queue<number>('work', { backoff: 0 });
    await queue.process(
      async (n) => {
        if (n < 0) ending.abort();
        else await vault.increment(`done ${n}`);
      },
      { signal: ending.signal, concurrency: 3 },
    );
    break;
  }
}
await vault.close();
await store?.close();
process.disconnect?.();

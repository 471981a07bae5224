// `kohakuvault copy` of the jobs of queues between a file and a server.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KVault, type Queue } from '@kohakuvault/kvault';
import { type AsyncQueue, connect } from '@kohakuvault/postgres';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { aServer, hasServer, stopServer } from '../../../postgres/test/support/places.ts';
import { jsonHere, runHere } from '../support/in-process.ts';

interface Copied {
  jobs: { table: string; count: number; sha256: string }[];
}

const HOUR = 3_600_000;

describe.runIf(hasServer)('copy of jobs', () => {
  let folder: string;
  let file: string;
  let url: string;
  let schema: string;
  let dropSchema: () => Promise<void>;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kohakuvault-copy-'));
    file = join(folder, 'source.db');
    ({ url, schema, dropSchema } = await aServer());
  });
  afterEach(async () => {
    await dropSchema();
    await stopServer();
    rmSync(folder, { recursive: true });
  });

  const copy = (from: string, to: string, ...words: string[]) =>
    jsonHere<Copied>(['copy', from, to, '--schema', schema, ...words]);

  function queueIn(path: string, name = 'mail'): Queue {
    const vault = new KVault(path);
    onTestFinished(() => vault.close());
    return vault.queue(name, { maxAttempts: 2, visibility: HOUR });
  }

  async function queueThere(name = 'mail'): Promise<AsyncQueue> {
    const store = await connect(url, { schema });
    onTestFinished(() => store.close());
    return (await store.kvault()).queue(name, { maxAttempts: 2, visibility: HOUR });
  }

  const takenFrom = async (queue: Queue | AsyncQueue) =>
    (await queue.takeMany(10_000)).map(({ value, attempts }) => [value, attempts]);

  test('brings them in every state, and in their order', async () => {
    const queue = queueIn(file);
    queue.pushMany(Array.from({ length: 3_000 }, (_, n) => ({ n })));
    queue.push('later', { delay: HOUR });
    const [dead, tried, held] = queue.takeMany(3);
    dead?.nack({ dead: true, error: new Error('bad ä') });
    tried?.nack({ delay: 0 });
    queueIn(file, 'other one').push(Buffer.from('x'));
    const counts = { ready: 2_998, delayed: 1, taken: 1, dead: 1 };
    expect([queue.counts(), held?.value]).toEqual([counts, { n: 2 }]);

    const shown = await runHere(['copy', file, url, '--schema', schema]);
    expect([shown.status, shown.stdout]).toEqual([
      0,
      expect.stringMatching(/mail {2}3,001 jobs.*\nother one {2}1 job /),
    ]);
    expect(shown.stderr).not.toContain('not copied');
    const there = await queueThere();
    expect([await there.counts(), await there.dead()]).toEqual([counts, queue.dead()]);

    const back = join(folder, 'back.db');
    const copied = await copy(url, back);
    expect(copied.jobs.map(({ table, count }) => [table, count])).toEqual([
      ['mail', 3_001],
      ['other one', 1],
    ]);
    const again = queueIn(back);
    expect([again.counts(), again.dead()]).toEqual([counts, queue.dead()]);
    const jobs = await takenFrom(queue);
    expect(jobs.slice(0, 2)).toEqual([
      [{ n: 1 }, 2],
      [{ n: 3 }, 1],
    ]);
    expect(await takenFrom(there)).toEqual(jobs);
    expect(await takenFrom(again)).toEqual(jobs);
    expect(queueIn(back, 'other one').take()?.value).toEqual(Buffer.from('x'));
    // A worker of the source ends its job there, and nowhere else.
    held?.ack();
    expect([queue.size, await there.size(), again.size]).toEqual([2_999, 3_000, 3_000]);
  });

  test('brings a copy up to date, while workers go on', async () => {
    const queue = queueIn(file);
    queue.pushMany(['a', 'b', 'c']);
    await copy(file, url);
    queue.take()?.ack();
    queue.push('d');
    const refused = await runHere(['copy', file, url, '--schema', schema]);
    expect([refused.status, refused.stderr]).toEqual([1, expect.stringContaining('has jobs in mail; --update')]);
    await copy(file, url, '--update');
    const there = await queueThere();
    expect((await takenFrom(there)).map(([value]) => value)).toEqual(['b', 'c', 'd']);

    // A worker that never stops: the copy ends, and says that it has a moment of the past.
    let works = true;
    const worker = (async () => {
      while (works) {
        for (let n = 0; n < 50; n++) queue.push(n);
        for (const job of queue.takeMany(50)) job.ack();
        await new Promise(setImmediate);
      }
    })();
    const moving = await runHere(['copy', file, url, '--schema', schema, '--update']);
    works = false;
    await worker;
    expect(moving.status, moving.stderr).toBe(0);
    const still = await runHere(['copy', file, url, '--schema', schema, '--update']);
    expect([still.status, still.stderr]).toEqual([0, expect.not.stringContaining('meanwhile')]);
    expect(await there.size()).toBe(queue.size);
  });

  test('refuses to mix the jobs of two queues with the same ids in a file', async () => {
    const [first, second] = [join(folder, 'first.db'), join(folder, 'second.db')];
    queueIn(first, 'a').push(1);
    queueIn(second, 'b').push(2);
    await copy(first, url);
    await copy(second, url);
    const refused = await runHere(['copy', url, file, '--schema', schema]);
    expect([refused.status, refused.stderr]).toEqual([1, expect.stringContaining('a job 1 in another queue than "b"')]);
    expect([queueIn(file, 'a').size, queueIn(file, 'b').size]).toEqual([1, 0]);
  });
});

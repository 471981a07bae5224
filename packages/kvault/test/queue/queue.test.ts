import { type Job, KVault, type Queue } from '@kohakuvault/kvault';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { tempFile } from '../../../../tools/testing/src/temp.ts';
import { codeOf } from '../../../../tools/testing/src/thrown.ts';
import { reasonOf } from '../streams/support.ts';
import { next, open } from '../watch/support.ts';

const values = (jobs: Iterable<Job>) => Array.from(jobs, (job) => job.value);

/** Takes a job that must be there. */
function taken<J>(queue: Queue<J>): Job<J> {
  const job = queue.take();
  if (!job) throw new Error('there is no job');
  return job;
}

afterEach(() => void vi.useRealTimers());

describe('a queue', () => {
  test('gives jobs in the order in which they were pushed, each to one worker', () => {
    const file = tempFile();
    const vault = open(file);
    const queue = vault.queue('mail');
    expect(queue.push({ to: 'a', at: new Date(5), bytes: Buffer.from('b') })).toBe(1);
    expect(queue.pushMany([2, 3n, 'four'])).toEqual([2, 3, 4]);
    const other = open(file, { table: 'other' }).queue('mail');
    const [one, two] = [taken(queue), taken(other)];
    expect(one.value).toEqual({ to: 'a', at: new Date(5), bytes: Buffer.from('b') });
    expect([two.value, two.attempts, two.id]).toEqual([2, 1, 2]);
    expect(queue.counts()).toEqual({ ready: 2, delayed: 0, taken: 2, dead: 0 });
    one.ack();
    two.ack();
    expect(values(queue.takeMany(5))).toEqual([3n, 'four']);
    expect([queue.take(), queue.size]).toEqual([undefined, 2]);
    expect(vault.queue('another').size).toBe(0);
  });

  test('outlives its vault', () => {
    const file = tempFile();
    {
      using vault = new KVault(file);
      vault.queue('q').push('kept');
    }
    expect(taken(open(file).queue('q')).value).toBe('kept');
  });

  test('a job with a delay comes when it is due', () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_000_000 });
    const queue = open(tempFile()).queue('q');
    queue.push('later', { delay: 5_000 });
    queue.push('now');
    expect(queue.counts()).toMatchObject({ ready: 1, delayed: 1 });
    expect(values(queue.takeMany(9))).toEqual(['now']);
    vi.setSystemTime(1_005_000);
    expect(values(queue.takeMany(9))).toEqual(['later']);
  });

  test('a job that is not finished in time goes to another worker, and the first has lost it', () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_000_000 });
    const queue = open(tempFile()).queue('q', { visibility: 1_000 });
    queue.push('job');
    const slow = taken(queue);
    vi.setSystemTime(1_000_900);
    slow.extend(2_000);
    vi.setSystemTime(1_002_000);
    expect(queue.take()).toBe(undefined);
    vi.setSystemTime(1_003_000);
    const second = taken(queue);
    expect([second.value, second.attempts]).toEqual(['job', 2]);
    for (const call of [() => slow.ack(), () => slow.nack(), () => slow.extend()])
      expect(codeOf(call)).toBe('KV_STALE');
    second.ack();
    expect(queue.size).toBe(0);
    expect(codeOf(() => second.ack())).toBe('KV_INVALID_ARGUMENT');
  });

  test('retries come later each time, and end as a dead letter', () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_000_000 });
    const queue = open(tempFile()).queue('q', { maxAttempts: 4, backoff: 100, maxBackoff: 300 });
    queue.push('job');
    const pauses: number[] = [];
    for (let attempt = 1; attempt <= 4; attempt++) {
      const job = taken(queue);
      expect(job.attempts).toBe(attempt);
      job.nack({ error: new Error(`failure ${attempt}`) });
      let pause = 0;
      while (queue.counts().delayed > 0) vi.setSystemTime(1_000_000 + 10_000 * attempt + ++pause - 1);
      pauses.push(pause);
    }
    expect(queue.dead()).toEqual([{ id: 1, value: 'job', attempts: 4, error: 'failure 4' }]);
    expect(queue.take()).toBe(undefined);
    expect(queue.revive(1)).toBe(1);
    expect(taken(queue).attempts).toBe(1);
  });

  test('a worker that never finishes makes a dead letter too', () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_000_000 });
    const queue = open(tempFile()).queue('q', { visibility: 10, maxAttempts: 2 });
    queue.push('job');
    for (let at = 0; at < 2; at++) {
      taken(queue);
      vi.setSystemTime(1_000_000 + 100 * (at + 1));
    }
    expect(queue.take()).toBe(undefined);
    expect(queue.dead()).toMatchObject([{ attempts: 2, error: expect.stringMatching(/in time/) }]);
    expect(queue.removeDead()).toBe(1);
    expect(queue.counts()).toEqual({ ready: 0, delayed: 0, taken: 0, dead: 0 });
  });

  test('a job that fails keeps its place in the row', () => {
    const queue = open(tempFile()).queue('q');
    queue.pushMany(['a', 'b', 'c']);
    taken(queue).nack({ delay: 0 });
    expect(values(queue.takeMany(9))).toEqual(['a', 'b', 'c']);
    queue.push('d');
    taken(queue).nack({ dead: true, error: 'bad' });
    expect(queue.dead().map(({ value }) => value)).toEqual(['d']);
    expect(queue.clear()).toBe(4);
  });

  test('ack belongs to the transaction around it', () => {
    const vault = open(tempFile());
    const queue = vault.queue('q');
    queue.pushMany(['a', 'b']);
    const job = taken(queue);
    expect(() =>
      vault.transaction(() => {
        vault.set('done', job.value);
        job.ack();
        throw new Error('failed');
      }),
    ).toThrow('failed');
    expect([vault.has('done'), queue.counts().taken]).toEqual([false, 1]);
    job.nack({ delay: 0 });
    expect(taken(queue).value).toBe('a');
    const pushed = () =>
      vault.transaction(() => {
        queue.push('never');
        throw new Error('failed');
      });
    expect(pushed).toThrow('failed');
    expect(queue.size).toBe(2);
  });

  test('a clock that is set back holds no job up that is ready', () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 2_000_000 });
    const queue = open(tempFile()).queue('q');
    queue.push('a');
    vi.setSystemTime(1_000_000);
    queue.push('b');
    expect(values(queue.takeMany(9))).toEqual(['a', 'b']);
  });
});

describe('for await', () => {
  test('waits for jobs of this and of other connections', async () => {
    const file = tempFile();
    const queue = open(file).queue('q');
    const jobs = queue.jobs();
    for (const from of [queue, open(file, { table: 'other' }).queue('q')]) {
      const waiting = next(jobs, 1);
      from.push('job');
      const [job] = await waiting;
      expect(job?.value).toBe('job');
      job?.ack();
    }
    expect(queue.size).toBe(0);
  });

  test('waits for the end of a delay', async () => {
    const queue = open(tempFile()).queue('q');
    queue.push('job', { delay: 30 });
    for await (const job of queue) {
      expect([job.value, job.attempts]).toEqual(['job', 1]);
      job.ack();
      break;
    }
  });

  test('ends with the signal or the vault; what was fetched ahead is given back', async () => {
    const vault = open(tempFile());
    const queue = vault.queue('q');
    queue.pushMany(['a', 'b', 'c']);
    const reason = new Error('enough');
    const ending = new AbortController();
    const jobs = queue.jobs({ signal: ending.signal, prefetch: 3 });
    const [a] = await next(jobs, 1);
    expect(queue.counts()).toMatchObject({ ready: 0, taken: 3 });
    ending.abort(reason);
    expect(await reasonOf(() => jobs.next())).toBe(reason);
    expect(queue.counts()).toMatchObject({ ready: 2, taken: 1 });
    a?.ack();
    expect(taken(queue).attempts).toBe(1);
    const waiting = vault.queue('empty').jobs().next();
    vault.close();
    expect(await waiting).toEqual({ done: true, value: undefined });
  });

  test('takes nothing in a transaction of the user, which may be rolled back', async () => {
    const vault = open(tempFile());
    const queue = vault.queue('q');
    vault.database.exec('BEGIN');
    queue.push('uncommitted');
    const waiting = queue.jobs().next();
    await new Promise((resolve) => setTimeout(resolve, 120));
    vault.database.exec('ROLLBACK');
    queue.push('job');
    expect((await waiting).value?.value).toBe('job');
  });
});

describe('process', () => {
  test('acks what returns and retries what throws, several at a time', async () => {
    const queue = open(tempFile()).queue<number>('q', { backoff: 0, maxAttempts: 2 });
    queue.pushMany([1, 2, 3, 4]);
    const ending = new AbortController();
    let running = 0;
    let most = 0;
    const done: number[] = [];
    await queue.process(
      async (value, job) => {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setImmediate(resolve));
        running--;
        if (value === 3) throw new Error('three');
        done.push(value);
        if (queue.counts().dead > 0 || job.attempts > 2) ending.abort();
        if (done.length === 3) queue.push(5);
      },
      { concurrency: 2, signal: ending.signal },
    );
    expect([done.sort(), most]).toEqual([[1, 2, 4, 5], 2]);
    expect(queue.dead()).toMatchObject([{ value: 3, attempts: 2, error: 'three' }]);
    expect(queue.size).toBe(0);
  });

  test('gives a job more time while it runs', async () => {
    const vault = open(tempFile());
    const queue = vault.queue('q', { visibility: 60 });
    queue.push('slow');
    const due = vault.database.prepare('SELECT due FROM kohakuvault_jobs').pluck();
    const ending = new AbortController();
    const seen: number[] = [];
    await queue.process(
      async (_, job) => {
        seen.push(job.attempts);
        // The time of the job moves on, again and again.
        for (let times = 0; times < 5; times++) {
          const before = due.get() as number;
          while ((due.get() as number) <= before) await new Promise((resolve) => setTimeout(resolve, 5));
        }
        ending.abort();
      },
      { signal: ending.signal },
    );
    expect([seen, queue.size]).toEqual([[1], 0]);
  });
});

test('what is refused', () => {
  const file = tempFile();
  const vault = open(file);
  vault.transaction(() => expect(codeOf(() => vault.queue('q'))).toBe('KV_INVALID_ARGUMENT'));
  const queue = vault.queue('q');
  vault.transaction(() => vault.queue('another').push(1));
  queue.push(1);
  const job = taken(queue);
  for (const call of [
    () => vault.queue(''),
    () => vault.queue(5 as never),
    () => vault.queue('q', { visibility: 0 }),
    () => vault.queue('q', { visibilty: 5 } as never),
    () => queue.push(() => 1),
    () => queue.push(1, { delay: -1 }),
    () => queue.pushMany('text'),
    () => queue.pushMany([1, Symbol('no')]),
    () => queue.takeMany(0),
    () => queue.jobs({ prefetch: 0 }),
    () => queue.process(5 as never),
    () => queue.dead(-1),
    () => queue.revive('1' as never),
    () => job.extend(0),
    () => job.nack({ delay: 0.5 }),
  ]) {
    expect(codeOf(call)).toBe('KV_INVALID_ARGUMENT');
  }
  expect(queue.size).toBe(1);
  const readonly = open(file, { readonly: true }).queue('q');
  expect(codeOf(() => readonly.push(1))).toBe('KV_READONLY');
  expect(codeOf(() => readonly.jobs())).toBe('KV_READONLY');
  expect(readonly.size).toBe(1);
});

// Every method of a connection and of a BLOB site, in every state in which it may be called.
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { type BlobSite, type Connection, openDatabase } from '@kohakuvault/core-native/internal/database';
import { describe, expect, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { mediaTable } from './support/media.ts';
import { METHODS, type Method } from './support/methods.ts';
import { script } from './support/processes.ts';

interface Subject {
  connection: Connection;
  site: BlobSite;
}

/** Returns 'works', or the code of the failure. */
function outcome(method: Method, subject: Subject): string {
  try {
    method.call(subject);
    return 'works';
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

function prepared(): Subject & { file: string } {
  const file = tempFile();
  const connection = openDatabase(file);
  return { file, connection, site: mediaTable(connection) };
}

describe.each(METHODS)('$name', (method) => {
  test('works', () => {
    using connection = prepared().connection;
    const site = connection.blobs({ table: 'media', column: 'content', key: 'name' });
    expect(outcome(method, { connection, site })).toBe('works');
  });

  test(`in a transaction: ${method.inTransaction}`, () => {
    const subject = prepared();
    subject.connection.transaction(() => expect(outcome(method, subject)).toBe(method.inTransaction));
    subject.connection.close();
  });

  test(`while a better-sqlite3 iterator is open: ${method.whileIterating}`, () => {
    const subject = prepared();
    const rows = subject.connection.database.prepare('SELECT * FROM media').iterate();
    rows.next();
    expect(outcome(method, subject)).toBe(method.whileIterating);
    rows.return?.();
    // Nothing is half done: the same call works after the iterator has ended.
    expect(outcome(method, subject)).toBe('works');
    subject.connection.close();
  });

  test(`after close: ${method.afterClose}`, () => {
    const subject = prepared();
    subject.connection.close();
    expect(outcome(method, subject)).toBe(method.afterClose);
  });

  test(`on a readonly file: ${method.readonly}`, () => {
    const { file, connection: writable } = prepared();
    writable.close();
    const connection = openDatabase(file, { readonly: true });
    const site = connection.blobs({ table: 'media', column: 'content', key: 'name' });
    expect(outcome(method, { connection, site })).toBe(method.readonly);
    connection.close();
  });

  test('with wrong types: KV_INVALID_ARGUMENT each', () => {
    const subject = prepared();
    for (const wrong of method.wrong) {
      expect(outcome({ ...method, call: wrong }, subject)).toBe('KV_INVALID_ARGUMENT');
    }
    expect(subject.site.size('film')).toBe(1_000);
    subject.connection.close();
  });
});

test('in a worker every one works', async () => {
  const { file, connection } = prepared();
  connection.close();
  const worker = new Worker(script('worker-calls-every-method.ts'), {
    workerData: { file },
    execArgv: ['--conditions=@kohakuvault/source'],
  });
  const exit = once(worker, 'exit');
  const [outcomes] = await once(worker, 'message');
  await exit;
  expect(outcomes).toEqual(METHODS.map(({ name }) => `${name}: works`));
});

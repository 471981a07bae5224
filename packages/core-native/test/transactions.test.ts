import { KohakuVaultError } from '@kohakuvault/core-native';
import { openDatabase } from '@kohakuvault/core-native/internal/database';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { codeOf, thrownBy } from '../../../tools/testing/src/thrown.ts';
import { mediaTable } from './support/media.ts';
import { Peer } from './support/processes.ts';

function vault() {
  const connection = openDatabase(tempFile());
  const site = mediaTable(connection);
  return {
    connection,
    site,
    content(): string {
      const bytes = Buffer.alloc(3);
      site.read('film', bytes);
      return bytes.toString();
    },
    put: (text: string) => site.write('film', Buffer.from(text)),
    [Symbol.dispose]: () => connection.close(),
  };
}

describe('transaction', () => {
  test('returns what the body returns, and keeps what it wrote', () => {
    using v = vault();
    expect(
      v.connection.transaction(() => {
        v.put('one');
        return 42;
      }),
    ).toBe(42);
    expect(v.content()).toBe('one');
    expect(v.connection.shared.database.inTransaction).toBe(false);
  });

  test('a body that throws undoes everything, and its error is passed on', () => {
    using v = vault();
    const mine = new RangeError('mine');
    v.put('old');
    expect(() =>
      v.connection.transaction(() => {
        v.put('new');
        throw mine;
      }),
    ).toThrow(mine);
    expect(v.content()).toBe('old');
  });

  test("an error of the user's own SQL inside stays as it is", () => {
    using v = vault();
    expect(() => v.connection.transaction(() => v.connection.database.exec('nonsense'))).toThrow(/syntax error/);
    expect(() => v.connection.transaction(() => v.connection.database.exec('nonsense'))).not.toThrow(KohakuVaultError);
  });

  test('nested ones are savepoints: the inner one may fail alone', () => {
    using v = vault();
    v.connection.transaction(() => {
      v.put('out');
      expect(() =>
        v.connection.transaction(() => {
          v.put('in ');
          v.connection.transaction(() => v.put('dep'));
          throw new Error('inner');
        }),
      ).toThrow('inner');
      expect(v.content()).toBe('out');
    });
    expect(v.content()).toBe('out');
  });

  test('an outer failure undoes what an inner one had finished', () => {
    using v = vault();
    v.put('old');
    expect(() =>
      v.connection.transaction(() => {
        v.connection.transaction(() => v.put('in '));
        throw new Error('outer');
      }),
    ).toThrow('outer');
    expect(v.content()).toBe('old');
  });

  test('a promise is refused, and nothing is kept', async () => {
    using v = vault();
    v.put('old');
    expect(codeOf(() => v.connection.transaction(async () => v.put('new')))).toBe('KV_INVALID_ARGUMENT');
    expect(v.content()).toBe('old');
    const promising = () => {
      v.put('new');
      return Promise.resolve();
    };
    expect(codeOf(() => v.connection.transaction(promising))).toBe('KV_INVALID_ARGUMENT');
    expect(v.content()).toBe('old');
    expect(codeOf(() => v.connection.snapshot(async () => undefined))).toBe('KV_INVALID_ARGUMENT');
  });

  test('a body that ends it is an error', () => {
    using v = vault();
    const error = thrownBy(() => v.connection.transaction(() => v.connection.database.exec('COMMIT')));
    expect(error.message).toContain('ended inside its body');
    expect(v.connection.transaction(() => 'usable')).toBe('usable');
  });

  test('closing inside waits for the end, and closing the Database is refused', () => {
    for (const method of ['transaction', 'snapshot'] as const) {
      const v = vault();
      const { connection } = v;
      const { database } = connection;
      connection[method](() => {
        expect(codeOf(() => database.close())).toBe('KV_INVALID_ARGUMENT');
        connection.close();
        expect([connection.open, database.open]).toEqual([false, true]);
        expect(codeOf(() => connection.transaction(() => 1))).toBe('KV_CLOSED');
      });
      expect(database.open).toBe(false);
    }
  });

  test('covers every vault on the connection', () => {
    const file = tempFile();
    using one = openDatabase(file);
    using two = openDatabase(file);
    const site = mediaTable(one);
    expect(() =>
      one.transaction(() => {
        two.blobs({ table: 'media', column: 'content', key: 'name' }).write('film', Buffer.from('two'));
        throw new Error('undo');
      }),
    ).toThrow('undo');
    const bytes = Buffer.alloc(3);
    site.read('film', bytes);
    expect(bytes).toEqual(Buffer.alloc(3));
  });

  test('a full disk undoes it all, and the connection stays usable', () => {
    using v = vault();
    const { database } = v.connection;
    v.put('old');
    database.pragma(`max_page_count = ${database.pragma('page_count', { simple: true })}`);
    const error = thrownBy(() =>
      v.connection.transaction(() => {
        v.put('new');
        v.connection.write(() => database.exec("INSERT INTO media VALUES ('huge', zeroblob(10000000))"));
      }),
    );
    expect(error.code).toBe('KV_IO');
    expect(v.content()).toBe('old');
    database.pragma('max_page_count = 1000000');
    v.put('new');
    expect(v.content()).toBe('new');
  });

  test.each([undefined, null, 1, 'body', {}])('%s is not a body', (body) => {
    using v = vault();
    expect(codeOf(() => v.connection.transaction(body as never))).toBe('KV_INVALID_ARGUMENT');
    expect(codeOf(() => v.connection.snapshot(body as never))).toBe('KV_INVALID_ARGUMENT');
  });

  test('two processes that alternate writes lose nothing', async () => {
    using v = vault();
    const peer = new Peer('peer-writes.ts', [v.connection.path]);
    for (const text of ['aaa', 'bbb', 'ccc']) {
      expect(await peer.ask(text)).toBe(3);
      expect(v.content()).toBe(text);
      v.connection.transaction(() => v.put(text.toUpperCase()));
      expect(v.content()).toBe(text.toUpperCase());
    }
  });
});

describe('snapshot', () => {
  test('shows one state while another process commits', () => {
    using v = vault();
    v.put('old');
    const other = openDatabase(v.connection.path, { readonly: true });
    using writer = openDatabase(new Database(v.connection.path));
    const writes = writer.blobs({ table: 'media', column: 'content', key: 'name' });
    const site = other.blobs({ table: 'media', column: 'content', key: 'name' });
    const bytes = Buffer.alloc(3);
    other.snapshot(() => {
      site.read('film', bytes);
      expect(bytes.toString()).toBe('old');
      writes.write('film', Buffer.from('new'));
      site.read('film', bytes);
      expect(bytes.toString()).toBe('old');
    });
    site.read('film', bytes);
    expect(bytes.toString()).toBe('new');
    other.close();
    writer.database.close();
  });

  test('is fixed when it begins, not at its first read', () => {
    using v = vault();
    using writer = openDatabase(new Database(v.connection.path));
    v.connection.snapshot(() => {
      writer.blobs({ table: 'media', column: 'content', key: 'name' }).write('film', Buffer.from('new'));
      expect(v.content()).toBe('\0\0\0');
    });
    expect(v.content()).toBe('new');
    writer.database.close();
  });

  test('refuses writes and transactions, can be nested, and passes errors on', () => {
    using v = vault();
    v.connection.snapshot(() => {
      expect(codeOf(() => v.put('new'))).toBe('KV_READONLY');
      expect(codeOf(() => v.connection.transaction(() => undefined))).toBe('KV_READONLY');
      expect(v.connection.snapshot(() => v.content())).toBe('\0\0\0');
    });
    expect(() =>
      v.connection.snapshot(() => {
        throw new Error('mine');
      }),
    ).toThrow('mine');
    v.put('new');
    expect(v.connection.transaction(() => v.connection.snapshot(() => v.content()))).toBe('new');
  });
});

describe('maintenance', () => {
  test('checkpoint moves the WAL into the file', () => {
    using v = vault();
    v.put('new');
    expect(v.connection.checkpoint('truncate')).toEqual({ busy: 0, log: 0, checkpointed: 0 });
    v.put('two');
    const { log, checkpointed } = v.connection.checkpoint();
    expect(log).toBeGreaterThan(0);
    expect(checkpointed).toBe(log);
    expect(codeOf(() => v.connection.checkpoint('sideways' as never))).toBe('KV_INVALID_ARGUMENT');
  });

  test('optimize frees the space of deleted rows', () => {
    using v = vault();
    const { database } = v.connection;
    database.exec("INSERT INTO media VALUES ('long', zeroblob(5000000)); DELETE FROM media WHERE name = 'long'");
    const pages = () => Number(database.pragma('page_count', { simple: true }));
    const before = pages();
    v.connection.optimize();
    expect(pages()).toBeLessThan(before / 10);
    expect(v.site.size('film')).toBe(1_000);
  });

  test('both are refused inside a transaction', () => {
    using v = vault();
    v.connection.transaction(() => {
      expect(codeOf(() => v.connection.checkpoint())).toBe('KV_INVALID_ARGUMENT');
      expect(codeOf(() => v.connection.optimize())).toBe('KV_INVALID_ARGUMENT');
    });
  });
});

test('each outermost write waits for work elsewhere that holds the lock, until that has ended', () => {
  using connection = openDatabase(':memory:');
  let waits = 0;
  const over = connection.beforeWrites({ wait: () => waits++, ask: () => false });
  connection.transaction(() => connection.transaction(() => connection.write(() => 1)));
  connection.write(() => 1);
  expect(waits).toBe(2);
  over();
  connection.write(() => 1);
  expect(waits).toBe(2);
});

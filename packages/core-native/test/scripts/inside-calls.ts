// JavaScript of the user that runs inside one of our calls: functions that triggers, views and generated columns call,
// and getters of keys. Each case has its own process, since a failure here ends the process.
import assert from 'node:assert/strict';
import { nativeCore } from '@kohakuvault/core-native/internal';
import { openDatabase } from '@kohakuvault/core-native/internal/database';
import Database from 'better-sqlite3';

const { binding } = nativeCore();
const file = process.argv[3] as string;
const database = new Database(file);
const connection = openDatabase(database);
const { handle } = connection;
let inside: () => unknown = () => null;
let depth = 0;
database.function('inside', () => {
  if (depth > 0) return null;
  depth++;
  try {
    inside();
  } finally {
    depth--;
  }
  return null;
});
database.function('same', (value) => {
  if (depth === 0) {
    depth++;
    try {
      inside();
    } finally {
      depth--;
    }
  }
  return value as Buffer;
});

/** Creates a table of keys and values, with a function that its writes call. */
function tableWith(sql: string, name = 'kv'): number {
  database.exec(`CREATE TABLE ${name} (key BLOB PRIMARY KEY, value BLOB NOT NULL); ${sql}`);
  return binding.createKvTable(handle, name, false);
}

const AFTER = 'CREATE TRIGGER after AFTER INSERT ON kv BEGIN SELECT inside(); END';
const BEFORE = 'CREATE TRIGGER before BEFORE INSERT ON kv BEGIN SELECT inside(); END';

function stored(key: string): Buffer | undefined {
  return database.prepare('SELECT value FROM kv WHERE key = ?').pluck().get(Buffer.from(key)) as Buffer | undefined;
}

/** Returns the code of the error that a call throws. */
function code(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
  return 'nothing';
}

/** What Node has, but not the type library used here. */
type Resizable = ArrayBuffer & { readonly detached: boolean; resize(length: number): void };
const resizable = (length: number) =>
  new (ArrayBuffer as unknown as new (length: number, options: object) => Resizable)(length, { maxByteLength: length });

/** Returns new memory of the kernel, whose loss shows at once, and a function that takes it away. */
function losable(length: number, byte: number): { view: Uint8Array; lose: (() => void)[] } {
  const memory = resizable(length);
  const view = new Uint8Array(memory).fill(byte);
  return {
    view,
    lose: [
      () => view.fill(7),
      () => memory.resize(0),
      () => memory.detached || structuredClone(memory, { transfer: [memory] }),
    ],
  };
}

const cases: Record<string, () => void> = {
  'finalize in a trigger'() {
    const table = tableWith(AFTER);
    const codes: string[] = [];
    inside = () => codes.push(code(() => binding.finalizeStatements(handle)));
    binding.kvSet(handle, table, 'a', Buffer.from('1'));
    binding.kvSet(handle, table, 'b', Buffer.alloc(9000, 1));
    binding.kvWriteMany(handle, table, records(['c', 'd'], 5));
    binding.execute(handle, "INSERT INTO kv VALUES (x'65', x'')");
    inside = () => null;
    assert.deepEqual(codes, Array(5).fill('KV_BUSY'));
    assert.equal(stored('d')?.length, 5);
    binding.finalizeStatements(handle);
  },

  'close in a trigger'() {
    const table = tableWith(AFTER);
    const codes: string[] = [];
    inside = () =>
      codes.push(
        code(() => database.close()),
        code(() => connection.close()),
      );
    binding.kvSet(handle, table, 'a', Buffer.from('1'));
    assert.deepEqual(codes, ['KV_BUSY', 'KV_BUSY']);
    assert.equal(connection.open, true);
    assert.equal(String(stored('a')), '1');
    connection.close();
    database.close();
    assert.equal(binding.isOpen(handle), false);
  },

  "close in a trigger, by better-sqlite3's own close"() {
    const table = tableWith(AFTER);
    inside = () => code(() => Database.prototype.close.call(database));
    binding.kvSet(handle, table, 'a', Buffer.from('1'));
    code(() => binding.kvSet(handle, table, 'b', Buffer.from('1')));
    code(() => binding.kvHas(handle, table, 'b'));
  },

  'close in a getter'() {
    const table = tableWith('');
    connection.blobs({ table: 'kv', column: 'value', key: 'key' });
    const keys = ['a', 'b', 'c'];
    Object.defineProperty(keys, 1, {
      get() {
        codes.push(code(() => binding.finalizeStatements(handle)));
        Database.prototype.close.call(database);
        return 'b';
      },
    });
    const codes: string[] = [];
    binding.finalizeStatements(handle);
    code(() => binding.kvGetMany(handle, table, keys, 0, new Uint8Array(99)));
    code(() => binding.blobSize(handle, 0, [keys[1] as string]));
    assert.equal(codes[0], 'KV_BUSY');
  },

  'bytes lost while they are written'() {
    for (const trigger of [BEFORE, AFTER, 'CREATE INDEX i ON kv (same(value))']) {
      database.function('same', { deterministic: true }, (value) => {
        inside();
        return (value as Buffer).length;
      });
      database.exec('DROP TABLE IF EXISTS kv');
      const table = tableWith(trigger);
      for (const length of [10, 600, 1500, 20_000, 3_000_000]) {
        for (const way of [0, 1, 2]) {
          for (const key of ['new', 'new', 'other']) {
            const { view, lose } = losable(length, 1);
            inside = lose[way] as () => void;
            binding.kvSet(handle, table, key, view);
            inside = () => null;
            assert.deepEqual(stored(key), Buffer.alloc(length, 1), `${trigger} ${length} ${way}`);
            const packed = losable(8 + 3 + length, 0);
            packed.view.set(records(['new'], length, 2));
            inside = packed.lose[way] as () => void;
            binding.kvWriteMany(handle, table, packed.view);
            inside = () => null;
            assert.deepEqual(stored('new'), Buffer.alloc(length, 2));
          }
        }
      }
    }
  },

  'bytes lost by a trigger that another connection made'() {
    const table = tableWith('');
    const value = Buffer.alloc(5_000, 1);
    binding.kvSet(handle, table, 'known', value);
    const other = new Database(file);
    other.function('inside', () => null);
    other.exec(BEFORE);
    other.close();
    const { view, lose } = losable(5_000, 2);
    inside = lose[1] as () => void;
    binding.kvSet(handle, table, 'known', view);
    assert.deepEqual(stored('known'), Buffer.alloc(5_000, 2));
    database.exec('DROP TRIGGER before');
    const again = losable(5_000, 3);
    inside = () => null;
    binding.kvSet(handle, table, 'known', value);
    database.exec('CREATE TEMP TRIGGER before BEFORE INSERT ON main.kv BEGIN SELECT inside(); END');
    inside = again.lose[1] as () => void;
    binding.kvSet(handle, table, 'known', again.view);
    assert.deepEqual(stored('known'), Buffer.alloc(5_000, 3));
    inside = () => null;
    database.exec('DROP TRIGGER before');
    binding.kvSet(handle, table, 'known', value);
    assert.deepEqual(stored('known'), value);
  },

  'a key whose getter loses the memory of a range'() {
    database.exec(
      "CREATE TABLE media (a TEXT, b TEXT, content BLOB); INSERT INTO media VALUES ('a', 'b', zeroblob(4000000))",
    );
    const site = binding.createBlobSite(handle, 'media', 'content', ['a', 'b']);
    for (const way of [1, 2]) {
      for (const call of ['blobRead', 'blobWrite'] as const) {
        const { view, lose } = losable(4_000_000, 1);
        const key = ['a', 'b'];
        Object.defineProperty(key, 1, {
          get() {
            lose[way]?.();
            return 'b';
          },
        });
        assert.equal(binding[call](handle, site, key, 0, view), 0);
      }
    }
    assert.equal(database.prepare('SELECT hex(content) = hex(zeroblob(4000000)) FROM media').pluck().get(), 1);
    const thrower = ['a', 'b'];
    Object.defineProperty(thrower, 0, {
      get() {
        throw new RangeError('mine');
      },
    });
    assert.throws(() => binding.blobSize(handle, site, thrower), /RangeError: mine/);
    assert.throws(() => binding.kvGetMany(handle, tableWith(''), thrower, 0, new Uint8Array(9)), /RangeError: mine/);
  },

  'keys whose getter loses the memory of the values'() {
    const table = tableWith('');
    binding.kvSet(handle, table, 'a', Buffer.alloc(1_000_000, 1));
    for (const way of [1, 2]) {
      const { view, lose } = losable(3_100_000, 0);
      const keys = ['a', 'a', 'a'];
      Object.defineProperty(keys, 1, {
        get() {
          lose[way]?.();
          return 'a';
        },
      });
      assert.equal(
        code(() => binding.kvGetMany(handle, table, keys, 0, view)),
        'KV_INVALID_ARGUMENT',
      );
    }
  },

  'a view whose function loses the memory of the answer'() {
    tableWith('');
    const large = 'zeroblob(1000000)';
    database.exec(`INSERT INTO kv VALUES (x'61', ${large}), (x'62', ${large}), (x'63', ${large});
      CREATE VIEW seen AS SELECT key, same(value) AS value FROM kv`);
    const view = binding.createKvTable(handle, 'seen', false);
    const calls = (target: Uint8Array) => [
      () => binding.kvGet(handle, view, 'a', target, 0),
      () => binding.kvGetMany(handle, view, ['a', 'b'], 0, target),
      () => binding.kvPage(handle, view, undefined, undefined, 8, 100, target),
    ];
    for (const way of [1, 2]) {
      for (const which of [0, 1, 2]) {
        const { view: target, lose } = losable(4_000_000, 0);
        inside = lose[way] as () => void;
        code(calls(target)[which] as () => void);
      }
    }
  },

  'the same statement in the middle of itself'() {
    const table = tableWith(AFTER);
    database.exec('CREATE VIEW seen AS SELECT key, same(value) AS value FROM kv');
    const view = binding.createKvTable(handle, 'seen', false);
    for (const key of ['a', 'b', 'c', 'd']) binding.kvSet(handle, table, key, Buffer.from(key.repeat(3)));
    const read = (which: number, key: string) => {
      const target = Buffer.alloc(20);
      const length = binding.kvGet(handle, which, key, target, 0);
      return String(target.subarray(0, Math.max(0, length)));
    };
    const pageOf = (which: number) => {
      const target = Buffer.alloc(200);
      const page = binding.kvPage(handle, which, undefined, undefined, 8, 100, target);
      return `${page} ${target.toString('latin1').replaceAll('\0', '')}`;
    };
    const many = (which: number) => {
      const target = Buffer.alloc(200);
      const count = binding.kvGetMany(handle, which, ['a', 'nothing', 'd'], 0, target);
      return `${count} ${target.toString('latin1').replaceAll('\0', '')}`;
    };
    const reads = (which: number): string[] => [
      read(which, 'c'),
      read(which, 'nothing'),
      many(which),
      pageOf(which),
      String(binding.kvHas(handle, which, 'b')),
    ];
    const plain = reads(table);
    const writes = [
      () => binding.kvSet(handle, table, 'inner', Buffer.from('inner')),
      () => binding.kvSet(handle, table, 'long', Buffer.alloc(5_000, 1)),
      () => binding.kvDelete(handle, table, 'inner'),
      () => binding.kvWriteMany(handle, table, records(['m', 'n'], 4)),
    ];
    for (const outer of [0, 1, 2, 3, 4]) {
      for (const snapshot of [false, true]) {
        if (snapshot) binding.holdSnapshot(handle);
        let seen: string[] = [];
        inside = () => {
          seen = [...reads(view), ...reads(table)];
          binding.releaseSnapshot(handle);
          if (snapshot) binding.holdSnapshot(handle);
        };
        const answers = [
          read(view, 'c'),
          read(view, 'nothing'),
          many(view),
          pageOf(view),
          String(binding.kvHas(handle, view, 'b')),
        ];
        assert.deepEqual(answers, plain, `${outer}`);
        assert.deepEqual(seen, [...plain, ...plain]);
        binding.releaseSnapshot(handle);
      }
    }
    const codes = new Set<string>();
    inside = () => {
      reads(table);
      reads(view);
      for (const write of writes) codes.add(code(write));
    };
    for (const write of writes) write();
    binding.execute(handle, "INSERT INTO kv VALUES (x'7a7a', x'')");
    database.exec("INSERT INTO kv VALUES (x'7a7b', x'')");
    assert.deepEqual([...codes], ['KV_BUSY']);
    inside = () => codes.add(code(() => binding.execute(handle, 'SELECT inside()')));
    binding.execute(handle, 'SELECT inside()');
    inside = () => null;
    assert.deepEqual(reads(table).slice(0, 3), plain.slice(0, 3));
    assert.equal(String(stored('m')), '\0\0\0\0');
    assert.equal(database.pragma('integrity_check', { simple: true }), 'ok');
    binding.finalizeStatements(handle);
    database.close();
    assert.equal(binding.isOpen(handle), false);
  },
};

/** Returns packed records whose values have one length. */
function records(keys: string[], length: number, byte = 0): Buffer {
  return Buffer.concat(
    keys.flatMap((key) => {
      const head = Buffer.alloc(8);
      head.writeUInt32LE(key.length, 0);
      head.writeUInt32LE(length, 4);
      return [head, Buffer.from(key), Buffer.alloc(length, byte)];
    }),
  );
}

cases[process.argv[2] as string]?.();
console.log('done');

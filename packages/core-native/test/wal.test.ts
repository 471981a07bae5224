// How long the WAL becomes, who is told, and what moves it into the file.
import { once } from 'node:events';
import { type FSWatcher, statSync, watch } from 'node:fs';
import { type Connection, type ConnectionOptions, openDatabase } from '@kohakuvault/core-native/internal/database';
import Database from 'better-sqlite3';
import { describe, expect, onTestFinished, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { codeOf } from '../../../tools/testing/src/thrown.ts';
import { mediaTable } from './support/media.ts';
import { Peer, runScript } from './support/processes.ts';

const MiB = 1024 * 1024;
const PAGE = 4_096;

interface Writer {
  readonly connection: Connection;
  readonly path: string;
  /** Writes so many commits of 100 KB. */
  write(commits: number): void;
}

function writer(options: ConnectionOptions = {}, path = tempFile()): Writer {
  const connection = openDatabase(path, { pageSize: PAGE, walSizeLimit: MiB, ...options });
  onTestFinished(() => connection.close());
  mediaTable(connection);
  const bytes = Buffer.alloc(100_000);
  const put = connection.statement('INSERT OR REPLACE INTO main.media VALUES (?, ?)');
  const write = (commits: number) => {
    for (let commit = 0; commit < commits; commit++) connection.write(() => put.run('film', bytes.fill(commit)));
  };
  return { connection, path, write };
}

function walBytes(path: string): number {
  return statSync(`${path}-wal`).size;
}

/** Lets the timers of connections run that look after so many milliseconds. */
async function periods(milliseconds: number): Promise<void> {
  for (let round = 0; round < 5; round++) await new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Waits for changes of a file until a condition is met. */
async function changed(file: string, isMet: () => boolean): Promise<void> {
  const watcher: FSWatcher = watch(file);
  try {
    while (!isMet()) await once(watcher, 'change');
  } finally {
    watcher.close();
  }
}

describe('walStats', () => {
  test('agrees with what a checkpoint reports', () => {
    const { connection, path, write } = writer({ idleCheckpoint: 0 });
    write(3);
    const before = connection.walStats();
    expect(before).toMatchObject({ bytes: walBytes(path), pageSize: PAGE, checkpointed: 0 });
    const { log, checkpointed } = connection.checkpoint();
    expect(before.frames).toBe(log);
    expect(connection.walStats()).toMatchObject({ bytes: walBytes(path), frames: log, checkpointed });
    connection.checkpoint('truncate');
    expect(connection.walStats()).toMatchObject({ bytes: 0, frames: 0, checkpointed: 0 });
  });

  test('counts what other connections write', () => {
    const { connection, path } = writer({ idleCheckpoint: 0 });
    const other = new Database(path);
    onTestFinished(() => void other.close());
    const { frames } = connection.walStats();
    other.exec('CREATE TABLE theirs (n)');
    expect(connection.walStats().frames).toBeGreaterThan(frames);
  });

  test('is 0 in memory, outside WAL mode and after it was ended', () => {
    const nothing = { bytes: 0, frames: 0, checkpointed: 0, pageSize: 0, readers: undefined };
    using memory = openDatabase(':memory:');
    expect(memory.walStats()).toEqual(nothing);
    using without = openDatabase(tempFile(), { enableWal: false });
    expect(without.walStats()).toEqual(nothing);
    const { connection, write } = writer({ idleCheckpoint: 1 });
    connection.database.pragma('journal_mode = DELETE');
    expect(connection.walStats()).toEqual(nothing);
    // The index is gone, and nothing may look at its memory any more.
    write(1);
    expect(connection.walStats()).toEqual(nothing);
  });

  test('works in a transaction, readonly, and on a Database of the user', () => {
    const { connection, path, write } = writer({ idleCheckpoint: 0 });
    write(1);
    const { frames } = connection.walStats();
    expect(connection.transaction(() => connection.walStats().frames)).toBe(frames);
    expect(connection.snapshot(() => connection.walStats().frames)).toBe(frames);
    using reader = openDatabase(path, { readonly: true });
    expect(reader.walStats().frames).toBe(frames);
    const database = new Database(path);
    onTestFinished(() => void database.close());
    using borrowed = openDatabase(database);
    expect(borrowed.walStats().frames).toBe(frames);
    connection.close();
    expect(codeOf(() => connection.walStats())).toBe('KV_CLOSED');
  });

  test('is refused in a function that a writing statement calls', () => {
    const { connection } = writer({ idleCheckpoint: 0 });
    const codes: unknown[] = [];
    connection.database.function('peek', () => {
      codes.push(codeOf(() => connection.walStats()));
      return 'film 2';
    });
    connection.database.exec("INSERT INTO media VALUES (peek(), x'00')");
    expect(codes).toEqual(['KV_BUSY']);
    expect(connection.walStats().frames).toBeGreaterThan(0);
  });

  test.runIf(process.platform === 'linux')('names the process that reads an old state', async () => {
    const { connection, path, write } = writer({ idleCheckpoint: 0 });
    expect(connection.walStats().readers).toEqual([]);
    const peer = new Peer('reads-long.ts', [path]);
    const pid = await peer.ask('begin');
    const { frames } = connection.walStats();
    write(2);
    expect(connection.walStats().frames).toBeGreaterThan(frames);
    expect(connection.walStats().readers).toEqual([{ pid, frames }]);
    await peer.ask('end');
    expect(connection.walStats().readers).toEqual([]);
  });
});

describe('a reader of another process holds the WAL', () => {
  /** Writes 8 MB while another process reads. Returns the process. */
  async function held({ path, write }: Writer): Promise<Peer> {
    const peer = new Peer('reads-long.ts', [path]);
    await peer.ask('begin');
    write(80);
    expect(walBytes(path)).toBeGreaterThan(7 * MiB);
    return peer;
  }

  test('and when it has ended, the next commits cut it', async () => {
    const own = writer({ idleCheckpoint: 0 });
    const peer = await held(own);
    await peer.ask('end');
    // The first one moves all pages into the file, and the second one begins at the front.
    own.write(2);
    expect(walBytes(own.path)).toBe(MiB);
  });

  test('and when it has ended, an idle connection cuts it without a write', async () => {
    const own = writer({ idleCheckpoint: 5 });
    const peer = await held(own);
    const cut = changed(`${own.path}-wal`, () => walBytes(own.path) <= MiB);
    await peer.ask('end');
    await cut;
    expect(own.connection.walStats()).toMatchObject({ bytes: 0, frames: 0 });
  });

  test('and the checkpoint of an idle connection does not wait for it', async () => {
    // A wait for the busy timeout would be longer than the test.
    const own = writer({ idleCheckpoint: 5, busyTimeout: 600_000 });
    const peer = await held(own);
    const other = new Database(own.path, { timeout: 0 });
    onTestFinished(() => void other.close());
    other.exec('BEGIN IMMEDIATE');
    // The peer answers only while this process does not block: several times the period passes meanwhile.
    for (let round = 0; round < 20; round++) {
      await periods(1);
      await peer.ask('end');
      await peer.ask('begin');
    }
    other.exec('COMMIT');
    expect(own.connection.shared.database.pragma('busy_timeout', { simple: true })).toBe(600_000);
  });
});

describe('an idle connection', () => {
  test('moves the WAL into the file', async () => {
    const { connection, path, write } = writer({ idleCheckpoint: 5, walSizeLimit: 16 * MiB });
    write(20);
    await changed(path, () => connection.walStats().checkpointed > 0);
    const { frames, checkpointed, bytes } = connection.walStats();
    expect(checkpointed).toBe(frames);
    // It is not longer than its limit, so the next commits use its room.
    expect(bytes).toBe(walBytes(path));
  });

  test('waits for the end of a transaction of the user', async () => {
    const { connection, path, write } = writer({ idleCheckpoint: 5, walSizeLimit: 16 * MiB });
    write(20);
    const { database } = connection;
    database.exec('BEGIN; CREATE TABLE mine (n)');
    await periods(5);
    expect(database.inTransaction).toBe(true);
    expect(connection.walStats().checkpointed).toBe(0);
    const moved = changed(path, () => connection.walStats().checkpointed > 0);
    database.exec('COMMIT');
    await moved;
  });

  test('does not keep the process running', async () => {
    await expect(runScript('writes-and-ends.ts', [tempFile()])).resolves.toBe('');
  });
});

describe('KV_WAL_LARGE', () => {
  test('is emitted once for each double of the length', async () => {
    const warnings: (Error & { code?: string })[] = [];
    const note = (warning: Error) => void warnings.push(warning);
    process.on('warning', note);
    onTestFinished(() => void process.off('warning', note));
    const own = writer({ idleCheckpoint: 1, walWarningSize: MiB });
    const peer = new Peer('reads-long.ts', [own.path]);
    const pid = await peer.ask('begin');
    const write = async (commits: number) => {
      const warned = once(process, 'warning');
      own.write(commits);
      await warned;
    };
    await write(11);
    own.write(3);
    await periods(2);
    // Twice as long as at the first warning.
    await write(15);
    await periods(2);
    expect(warnings).toHaveLength(2);
    const [first] = warnings;
    expect(first).toMatchObject({ name: 'KohakuVaultWarning', code: 'KV_WAL_LARGE' });
    expect(first?.message).toContain(own.path);
    if (process.platform === 'linux') expect(first?.message).toContain(String(pid));
  });
});

describe("checkpointing: 'external'", () => {
  test('leaves the WAL to another program: by commits, pauses, optimize and close', async () => {
    const { connection, path, write } = writer({ checkpointing: 'external', idleCheckpoint: 20 });
    write(400);
    const { frames, checkpointed } = connection.walStats();
    expect(checkpointed).toBe(0);
    // More than commits leave otherwise: 31 MiB, or a thousand pages.
    expect(frames).toBeGreaterThan(8_000);
    await periods(20);
    expect(connection.walStats()).toMatchObject({ frames, checkpointed: 0 });
    expect(codeOf(() => connection.checkpoint())).toBe('KV_INVALID_ARGUMENT');
    expect(connection.optimize()).toMatchObject({ finished: true });
    expect(connection.walStats().checkpointed).toBe(0);
    const bytes = walBytes(path);
    connection.close();
    expect(walBytes(path)).toBe(bytes);
    // The next program finds everything, and moves it as usual.
    const next = openDatabase(path);
    expect(next.database.prepare('SELECT count(*) FROM media').pluck().get()).toBe(1);
    expect(next.checkpoint('truncate').busy).toBe(0);
    next.close();
  });

  test('is a setting of the connection, which all vaults on it share', () => {
    const { path, connection } = writer({ checkpointing: 'external' });
    openDatabase(path).close();
    expect(codeOf(() => openDatabase(path, { checkpointing: 'own' }))).toBe('KV_INVALID_ARGUMENT');
    expect(codeOf(() => openDatabase(path, { checkpointing: 'litestream' as never }))).toBe('KV_INVALID_ARGUMENT');
    expect(connection.open).toBe(true);
  });
});

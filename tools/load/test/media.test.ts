// The media server in real processes: what it has acknowledged is there after SIGKILL and after SIGTERM.
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { tempFile } from '../../testing/src/temp.ts';
import { Child } from '../src/common/child.ts';
import { send } from '../src/common/http.ts';
import { PROGRAM } from '../src/media/load.ts';
import { Acknowledgements } from './acknowledgements.ts';

const MIB = 1024 * 1024;

function start(file: string, ...idleMs: string[]): Child {
  const child = new Child(PROGRAM, [file, ...idleMs]);
  onTestFinished(() => child.kill());
  return child;
}

/** Returns the content of a version of a file: its length and each byte tell the version. */
function contentOf(version: number): Buffer {
  return Buffer.alloc(9 * MIB + version, version);
}

function put(port: number, name: string, body: Buffer) {
  return send(port, `/files/${name}`, {
    method: 'PUT',
    headers: { 'content-type': 'video/mp4', 'content-length': body.length },
    body,
  });
}

/** A client that uploads versions of its own file, one after the other, until the server is gone. */
interface Uploader {
  name: string;
  started: number;
  acknowledged: number;
  ended: Promise<void>;
}

function uploader(port: number, name: string, counted: Acknowledgements): Uploader {
  const state: Uploader = { name, started: 0, acknowledged: 0, ended: Promise.resolve() };
  const work = async () => {
    for (;;) {
      state.started++;
      const { status } = await put(port, name, contentOf(state.started));
      if (status !== 201) return;
      state.acknowledged = state.started;
      counted.add();
    }
  };
  state.ended = work().catch((error: NodeJS.ErrnoException) => {
    if (!/^(ECONNRESET|ECONNREFUSED|EPIPE)$/.test(error.code ?? '')) throw error;
  });
  return state;
}

/** Has four clients upload until some uploads are acknowledged and the server has ended, in the given way. */
async function uploadUntil(child: Child, acknowledgements: number, end: () => Promise<void>): Promise<Uploader[]> {
  const port = await child.next<number>('port');
  const counted = new Acknowledgements(acknowledgements);
  const uploaders = ['a', 'b', 'c', 'd'].map((name) => uploader(port, name, counted));
  await counted.enough;
  await end();
  await Promise.all(uploaders.map(({ ended }) => ended));
  return uploaders;
}

/** Checks that each file has a version that is whole, and not older than the one that was acknowledged. */
async function expectKept(port: number, uploaders: readonly Uploader[]): Promise<void> {
  for (const { name, started, acknowledged } of uploaders) {
    const { status, body } = await send(port, `/files/${name}`);
    if (acknowledged === 0 && status === 404) continue;
    const version = body.length - 9 * MIB;
    expect(body.equals(contentOf(version))).toBe(true);
    expect(version).toBeGreaterThanOrEqual(acknowledged);
    expect(version).toBeLessThanOrEqual(started);
  }
}

function integrityOf(file: string): unknown {
  const database = new Database(file);
  try {
    return database.pragma('integrity_check', { simple: true });
  } finally {
    database.close();
  }
}

test('two processes serve one file: whole, by range, and replaced', async () => {
  const file = tempFile();
  const [first, second] = await Promise.all([start(file), start(file)].map((child) => child.next<number>('port')));
  if (first === undefined || second === undefined) throw new Error('two ports were expected');
  const film = Buffer.from(Array.from({ length: 100_000 }, (_, index) => index & 0xff));
  expect((await put(first, 'film', film)).status).toBe(201);

  const whole = await send(second, '/files/film');
  expect([whole.status, whole.headers['content-type']]).toEqual([200, 'video/mp4']);
  expect(whole.body.equals(film)).toBe(true);
  const range = (text: string) => send(second, '/files/film', { headers: { range: `bytes=${text}` } });
  for (const [text, from, to] of [
    ['10-19', 10, 20],
    ['99990-', 99_990, 100_000],
    ['-5', 99_995, 100_000],
    ['99999-200000', 99_999, 100_000],
  ] as const) {
    const { status, headers, body } = await range(text);
    expect([status, headers['content-range']]).toEqual([206, `bytes ${from}-${to - 1}/100000`]);
    expect(body.equals(film.subarray(from, to))).toBe(true);
  }
  expect((await range('100000-')).status).toBe(416);
  expect((await send(second, '/files/other')).status).toBe(404);

  await put(second, 'film', Buffer.from('shorter'));
  expect(String((await send(first, '/files/film')).body)).toBe('shorter');
  await put(second, 'empty', Buffer.alloc(0));
  expect((await send(first, '/files/empty')).length).toBe(0);
});

test('a body that is stored for longer than sockets may be idle is stored, and answered', async () => {
  const file = tempFile();
  // Longer than a busy machine pauses in the middle of a body.
  const child = start(file, '5000');
  const port = await child.next<number>('port');
  expect((await put(port, 'film', Buffer.alloc(1_000, 1))).status).toBe(201);
  const database = new Database(file);
  onTestFinished(() => void database.close());
  database.exec('BEGIN IMMEDIATE');
  const uploading = [put(port, 'film', Buffer.alloc(2_000, 2)), put(port, 'other', Buffer.alloc(3_000_000, 3))];
  // The time passes twice: the server ends sockets on which nothing comes.
  for (let times = 0; times < 2; times++) await once(connect(port, '127.0.0.1'), 'close');
  database.exec('COMMIT');
  expect((await Promise.all(uploading)).map(({ status }) => status)).toEqual([201, 201]);
  expect((await send(port, '/files/film')).length).toBe(2_000);
  expect((await send(port, '/files/other')).length).toBe(3_000_000);
  // A socket that was used before ends too.
  const idle = connect(port, '127.0.0.1');
  idle.write('PUT /files/half HTTP/1.1\r\nhost: here\r\ncontent-type: a/b\r\ncontent-length: 9\r\n\r\nhalf');
  idle.resume();
  await once(idle, 'close');
  await child.stop();
});

test('SIGKILL amid uploads: what was acknowledged is there, whole', async () => {
  const file = tempFile();
  const child = start(file);
  const uploaders = await uploadUntil(child, 8, () => child.kill());
  const again = start(file);
  await expectKept(await again.next<number>('port'), uploaders);
  await again.stop();
  expect(integrityOf(file)).toBe('ok');
  // No spool file of the killed process, and the WAL went with the last connection.
  expect(readdirSync(dirname(file))).toEqual(['vault.db']);
});

test('SIGTERM amid uploads: they end first, and nothing is left beside the database', async () => {
  const file = tempFile();
  const child = start(file);
  const uploaders = await uploadUntil(child, 4, () => child.stop());
  expect(readdirSync(dirname(file))).toEqual(['vault.db']);
  const again = start(file);
  await expectKept(await again.next<number>('port'), uploaders);
  await again.stop();
});

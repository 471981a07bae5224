import { join } from 'node:path';
import { Readable } from 'node:stream';
import { Random } from '../../../testing/src/random.ts';
import { Child } from '../common/child.ts';
import { closeConnections, type Request, send } from '../common/http.ts';
import { type LoadResult, type LoadSettings, load } from '../common/load.ts';
import { workFolder } from '../common/work-folder.ts';

export interface MediaSettings extends LoadSettings {
  clients: number;
  /** The size of the large file, which is read in ranges and uploaded again and again by one client. */
  largeMib: number;
  seed: number;
}

const MIB = 1024 * 1024;
const SMALL_FILES = 20;
const SMALL_MIB = 7;
const RANGE = 64 * 1024;

export const PROGRAM = join(import.meta.dirname, 'process.ts');

/** Uploads, whole files and ranges, over two processes on one file. */
export async function loadMedia(settings: MediaSettings): Promise<LoadResult> {
  const { clients, largeMib, seed } = settings;
  const folder = workFolder();
  const children = { first: startMedia(folder.path), second: startMedia(folder.path) };
  try {
    const ports = await Promise.all(Object.values(children).map((child) => child.next<number>('port')));
    const random = new Random(seed);
    const block = Buffer.alloc(SMALL_MIB * MIB, seed & 0xff);
    const ask = async (path: string, status: number, request?: Request): Promise<number> => {
      const answer = await send(random.pick(ports), path, request);
      if (answer.status !== status) throw new Error(`${path} answered ${answer.status}: ${answer.body}`);
      return answer.length;
    };
    const upload = async (name: string, mib: number) => {
      await ask(`/files/${name}`, 201, uploadOf(mib, block));
      return mib * MIB;
    };
    const ignore = () => {};
    const range = (first: number, length: number) => ({
      headers: { range: `bytes=${first}-${first + length - 1}` },
      onData: ignore,
    });

    await upload('large', largeMib);
    await upload('replaced', largeMib);
    for (let index = 0; index < SMALL_FILES; index++) await upload(`small:${index}`, SMALL_MIB);

    const uploaders = Math.max(1, Math.round(clients / 10));
    const readers = Math.max(1, Math.round(clients / 10));
    const end = largeMib * MIB - RANGE;
    const work = [
      {
        work: `upload of ${largeMib} MiB`,
        clients: 1,
        once: () => upload('replaced', largeMib),
      },
      {
        work: `upload of ${SMALL_MIB} MiB`,
        clients: uploaders,
        once: () => upload(`small:${random.below(SMALL_FILES)}`, SMALL_MIB),
      },
      {
        work: `whole file of ${SMALL_MIB} MiB`,
        clients: readers,
        once: () => ask(`/files/small:${random.below(SMALL_FILES)}`, 200, { onData: ignore }),
      },
      {
        work: `range of ${RANGE / 1024} KiB of ${largeMib} MiB`,
        clients: Math.max(1, clients - 1 - uploaders - readers),
        once: () => ask('/files/large', 206, range(random.below(end), RANGE)),
      },
    ];
    const done = await load(settings, work, children);
    closeConnections();
    await Promise.all(Object.values(children).map((child) => child.stop()));
    return { program: 'media server', settings: { ...settings }, ...done };
  } finally {
    await Promise.all(Object.values(children).map((child) => child.kill()));
    folder.remove();
  }
}

function startMedia(folder: string): Child {
  return new Child(PROGRAM, [join(folder, 'media.db')]);
}

/** Returns the request that uploads so many MiB, repeating a block. */
function uploadOf(mib: number, block: Buffer): Request {
  const headers = { 'content-type': 'video/mp4', 'content-length': mib * MIB };
  if (mib * MIB <= block.length) return { method: 'PUT', headers, body: block.subarray(0, mib * MIB) };
  const blocks = function* () {
    for (let left = mib * MIB; left > 0; left -= MIB) yield block.subarray(0, Math.min(MIB, left));
  };
  return { method: 'PUT', headers, body: Readable.from(blocks()) };
}

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { KohakuVaultError, KVault, type KVaultOptions } from '@kohakuvault/kvault';
import { onTestFinished } from 'vitest';
import { tempFolder } from '../../../../tools/testing/src/temp.ts';

/** Opens a vault in a file of its own. The test closes it. */
export function tempVault(options?: KVaultOptions): { vault: KVault; folder: string; file: string } {
  const folder = tempFolder();
  const file = join(folder, 'vault.db');
  const vault = new KVault(file, options);
  onTestFinished(() => vault.close());
  return { vault, folder, file };
}

/** Opens a vault in memory. The test closes it. */
export function memoryVault(options?: KVaultOptions): KVault {
  const vault = new KVault(':memory:', options);
  onTestFinished(() => vault.close());
  return vault;
}

/** Returns bytes without repetitions, the same for the same arguments. */
export function pattern(length: number, seed = 1): Buffer {
  const words = new Uint32Array(Math.ceil(length / 4));
  let state = seed * 2_654_435_761;
  for (let index = 0; index < words.length; index++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    words[index] = state;
  }
  return Buffer.from(words.buffer, 0, length);
}

/** Yields bytes in pieces. */
export function* pieces(bytes: Uint8Array, length: number): Generator<Uint8Array> {
  for (let index = 0; index < bytes.length; index += length) yield bytes.subarray(index, index + length);
}

export async function readAll(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Returns whether two long values are equal; a matcher would print them if they are not. */
export function same(a: unknown, b: Uint8Array): boolean {
  return a instanceof Uint8Array && Buffer.compare(a, b) === 0;
}

/** Returns the error that a call throws, or its promise is rejected with. */
export async function failureOf(work: () => unknown): Promise<KohakuVaultError> {
  try {
    await work();
  } catch (error) {
    if (error instanceof KohakuVaultError) return error;
    throw error;
  }
  throw new Error('it did not fail');
}

/** Returns the code of that error. */
export async function failureCode(work: () => unknown): Promise<string> {
  return (await failureOf(work)).code;
}

/** Returns the reason with which aborted work ends. */
export async function reasonOf(work: () => unknown): Promise<unknown> {
  try {
    await work();
  } catch (error) {
    return error;
  }
  throw new Error('it did not fail');
}

/** Returns the spool files in a folder. */
export function spools(folder: string): string[] {
  return readdirSync(folder).filter((name) => name.includes('spool'));
}

/** Returns how many spool files this process has open; where the system does not tell, how many have a name. */
export function openSpools(folder: string): number {
  const descriptors = '/proc/self/fd';
  if (!existsSync(descriptors)) return spools(folder).length;
  return readdirSync(descriptors).filter((name) => {
    try {
      return readlinkSync(join(descriptors, name)).startsWith(join(folder, 'vault.db-kohakuvault-spool-'));
    } catch {
      return false; // The descriptor with which the folder is read.
    }
  }).length;
}

/** Runs a program of `scripts`, which may be killed. Returns what it printed, and the signal that ended it. */
export async function run(name: string, args: string[]): Promise<{ output: string; signal: string | null }> {
  const child = fork(join(import.meta.dirname, 'scripts', name), args, {
    execArgv: ['--conditions=@kohakuvault/source', '--expose-gc'],
    silent: true,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (data) => {
      output += data;
    });
  }
  const [status, signal] = (await once(child, 'close')) as [number | null, string | null];
  if (status !== 0 && signal === null) throw new Error(`${name} ended with ${status}:\n${output}`);
  return { output, signal };
}

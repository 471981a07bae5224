import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { findFileBeside, IoError, targetOf } from '@kohakuvault/core-native/internal';
import type { CheckResult } from './installation.ts';

const GUIDE = 'docs/guides/bundlers.md tells how';

/** What each bundler writes into a program that it does not minify. */
const MARKS: readonly (readonly [bundler: string, mark: RegExp])[] = [
  ['Turbopack', /\bTURBOPACK\b/],
  ['webpack', /__webpack_require__|webpackBootstrap/],
  ['Bun', /^\/\/ @bun\b/m],
  ['Rolldown', /^\/\/#region /m],
  ['esbuild', /^var __(?:defProp|create|toESM|commonJS) = /m],
];

/** Checks whether a program that a bundler made finds beside it what was not bundled. */
export function bundle(path: string): CheckResult[] {
  const program = resolve(path);
  let text: string;
  try {
    text = readFileSync(program, 'latin1');
  } catch (cause) {
    throw new IoError(`the program ${program} cannot be read: ${(cause as Error).message}`, { cause });
  }
  const known = bundlerOf(text);
  const bundler = known ?? 'the bundler';
  const target = targetOf();
  const needed = (what: string, specifier: string, state: CheckResult['state'], without: string): CheckResult => {
    const found = findFileBeside(specifier, program);
    if (found !== undefined) return { state: 'ok', what, found };
    const name = specifier.replace(/\/(?:package\.json|vec0\..*)$/, '');
    return { state, what, found: `${bundler} left ${what} behind${without}: install ${name} beside it; ${GUIDE}` };
  };
  return [
    {
      state: 'ok',
      what: 'program',
      found: `${program}, ${known === undefined ? 'of an unknown bundler' : `by ${known}`}`,
    },
    needed('better-sqlite3', 'better-sqlite3/package.json', 'failed', ''),
    needed('the native core', `@kohakuvault/core-native-${target}`, 'failed', ''),
    needed('sqlite-vec', sqliteVec(), 'warning', ', so your own SQL on tables of vectors is refused'),
    copyWorker(program, bundler),
  ];
}

/** A library in the bundle may have been bundled by something else before. The program's own bundler writes first. */
function bundlerOf(text: string): string | undefined {
  let [first, found] = [Number.POSITIVE_INFINITY, undefined as string | undefined];
  for (const [bundler, mark] of MARKS) {
    const at = text.search(mark);
    if (at >= 0 && at < first) [first, found] = [at, bundler];
  }
  return found;
}

function sqliteVec(): string {
  const { platform, arch } = process;
  const ending = { win32: 'dll', darwin: 'dylib' }[platform as string] ?? 'so';
  return `sqlite-vec-${platform === 'win32' ? 'windows' : platform}-${arch}/vec0.${ending}`;
}

/** Checks for the program of the copying thread. Without it, long copies block the event loop. */
function copyWorker(program: string, bundler: string): CheckResult {
  const what = 'copying thread';
  const beside = ['js', 'mjs', 'cjs'].map((ending) => join(dirname(program), `copy-worker.${ending}`));
  const found = beside.find((file) => existsSync(file)) ?? findFileBeside('@kohakuvault/kvault/copy-worker', program);
  if (found !== undefined) return { state: 'ok', what, found };
  return {
    state: 'warning',
    what,
    found: `${bundler} left its program behind, so long copies run in the thread of the program; ${GUIDE}`,
  };
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';

const root = resolve(import.meta.dirname, '../../../..');
const BUILT = join(root, 'packages/umbrella/dist/cli.js');
const SOURCE = join(root, 'packages/umbrella/src/cli/main.ts');

/**
 * What Node runs as the command line: that which users install where the test command has just built it, which starts
 * in two thirds of the time, and else the sources, which need no build.
 */
export const COMMAND_LINE: readonly string[] = process.env.KOHAKUVAULT_BUILT
  ? [BUILT]
  : ['--conditions=@kohakuvault/source', SOURCE];

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Settings {
  readonly input?: string | Uint8Array;
  readonly cwd?: string;
  readonly env?: Record<string, string>;
}

/** Starts the real command line as a process of its own. */
export function start(words: readonly string[], { cwd, env }: Settings = {}) {
  const { NO_COLOR: _noColor, FORCE_COLOR: _forceColor, COLUMNS: _columns, ...inherited } = process.env;
  return spawn(process.execPath, [...COMMAND_LINE, ...words], {
    cwd,
    // What has been compiled once starts three times as fast.
    env: { ...inherited, NODE_COMPILE_CACHE: join(root, 'node_modules/.cache/command-line'), ...env },
    stdio: 'pipe',
  });
}

/** Runs one command line to its end. */
export async function run(words: readonly string[], settings: Settings = {}): Promise<Ended> {
  const child = start(words, settings);
  // A command that does not read its input may be gone before it is written.
  child.stdin.on('error', () => {});
  child.stdin.end(settings.input ?? '');
  const closed = once(child, 'close');
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [status] = await closed;
  return { status, stdout, stderr };
}

/** What a command that succeeds prints. */
export async function output(words: readonly string[], settings: Settings = {}): Promise<string> {
  const { status, stdout, stderr } = await run(words, settings);
  if (status !== 0) throw new Error(`kohakuvault ${words.join(' ')} ended with ${status}: ${stderr}`);
  return stdout;
}

/** What a command prints with --json. */
export async function json<T = Record<string, unknown>>(words: readonly string[], settings: Settings = {}): Promise<T> {
  return JSON.parse(await output([...words, '--json'], settings)) as T;
}

/** The objects of an output of JSON lines. */
export function records(lines: string): Record<string, unknown>[] {
  return lines
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FetchedRuntime } from './fetch.ts';
import type { FileResult } from './results.ts';

/** The repository. Runtimes are installed in it. */
const ROOT = join(import.meta.dirname, '../../..');

/** After so many milliseconds a process counts as hung. */
const PATIENCE = 45 * 60_000;
/** How much of what a process printed goes into a result. */
const KEPT_OUTPUT = 400;

/** Variables that change what programs print, or what they load. */
const NOT_INHERITED = ['FORCE_COLOR', 'NODE_OPTIONS', 'NODE_PATH', 'KOHAKUVAULT_NATIVE'];

interface Line {
  readonly tests?: readonly string[];
  readonly begins?: string;
  readonly ends?: string;
  readonly failure?: string;
  readonly over?: boolean;
}

export interface TestRun {
  readonly runtime: FetchedRuntime;
  readonly folder: string;
  /** The files with tests, relative to the folder. */
  readonly files: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly onResult: (file: string, result: FileResult) => void;
}

/** Runs each file in a process of its own, as many at once as there are processors. */
export async function runTests(setup: TestRun): Promise<Record<string, FileResult>> {
  const waiting = [...setup.files];
  const results: Record<string, FileResult> = {};
  const lane = async () => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      const result = await runFile(setup, file);
      results[file] = result;
      setup.onResult(file, result);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, lane));
  return Object.fromEntries(setup.files.map((file) => [file, results[file] as FileResult]));
}

async function runFile({ runtime, folder, env }: TestRun, file: string): Promise<FileResult> {
  const report = join(folder, `report-${file.replaceAll('/', '-')}.jsonl`);
  rmSync(report, { force: true });
  const ended = await endOf(runtime, folder, [file, report], env);
  const lines = existsSync(report) ? readFileSync(report, 'utf8').trim().split('\n') : [];
  return resultOf(
    lines.map((line) => JSON.parse(line) as Line),
    ended,
    folder,
  );
}

function endOf(
  { runtime, binary }: FetchedRuntime,
  folder: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<string> {
  const inherited = { ...process.env };
  for (const name of NOT_INHERITED) delete inherited[name];
  const child = spawn(binary, [...runtime.run, join(folder, 'run-file.js'), ...args], {
    cwd: folder,
    env: { ...inherited, NO_COLOR: '1', KOHAKUVAULT_BUILT: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: PATIENCE,
    killSignal: 'SIGKILL',
  });
  let output = '';
  const keep = (chunk: Buffer) => {
    output = (output + chunk).slice(-4_000);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (status, signal) => {
      // Not "close": a process that a test has left behind may keep the pipes open.
      const tail = output.trim().slice(-KEPT_OUTPUT);
      resolve(`the process ended with ${status ?? signal}${tail === '' ? '' : `: ${tail}`}`);
    });
  });
}

/** Returns what the lines of a report say. A test that has begun and not ended has ended its process. */
export function resultOf(lines: readonly Line[], ended: string, folder: string): FileResult {
  const names = lines.find(({ tests }) => tests)?.tests ?? [];
  const failed: Record<string, string> = {};
  let passed = 0;
  for (const { ends, failure } of lines) {
    if (ends === undefined) continue;
    if (failure === undefined) passed++;
    else failed[ends] = withoutFolders(failure, folder);
  }
  if (lines.some(({ over }) => over)) return { passed, failed };
  const end = withoutFolders(ended, folder);
  const running = lines.findLast(({ begins }) => begins !== undefined)?.begins;
  const finished = new Set(lines.flatMap(({ ends }) => ends ?? []));
  for (const name of names) {
    if (!finished.has(name)) failed[name] = name === running ? end : 'not run: a test before it ended the process';
  }
  if (names.length === 0) failed['(the file)'] = end;
  return { passed, failed };
}

/** Results are read on other machines. */
function withoutFolders(text: string, folder: string): string {
  return text
    .replaceAll(folder, '.')
    .replaceAll(ROOT, '<repository>')
    .replace(/(?:\/[\w.-]+)*\/kohakuvault-[\w-]+/g, '<temporary folder>')
    .replaceAll(tmpdir(), '<temporary folder>');
}

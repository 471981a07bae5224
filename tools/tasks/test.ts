// Everything that guards the project, in one command: prints each step's own output and ends with one line of totals.
import { spawn } from 'node:child_process';
import { runTurbo } from './turbo.ts';

interface Step {
  name: string;
  command: string[];
  /** Finds the counts in what the step printed; a step without counts of its own counts as one. */
  count?(output: string): { passed: number; failed: number };
}

/** What TypeScript found out about the files that have not changed since. */
const KNOWN_TYPES = 'node_modules/.cache/tsc/workspace.tsbuildinfo';

/** Mostly on one core each, so they run beside each other; within each, one step after the other. */
const BESIDE_EACH_OTHER: Step[][] = [
  [
    { name: 'format and lint (biome)', command: ['biome', 'check', '--error-on-warnings', '.'] },
    { name: 'types (tsc)', command: ['tsc', '-p', '.', '--incremental', '--tsBuildInfoFile', KNOWN_TYPES] },
    { name: 'API reference (typedoc)', command: ['typedoc', '--emit', 'none'] },
  ],
  [
    { name: 'format (rustfmt)', command: ['cargo', 'fmt', '--all', '--check'] },
    {
      name: 'lint (clippy)',
      command: ['cargo', 'clippy', '--workspace', '--all-features', '--', '-D', 'warnings'],
    },
    {
      name: 'lint of the tests (clippy)',
      command: ['cargo', 'clippy', '-p', 'kohakuvault-core', '--all-targets', '--', '-D', 'warnings'],
    },
    { name: 'core (cargo test)', command: ['cargo', 'test', '--workspace', '--quiet'], count: countCargo },
  ],
];

/** These keep every core busy by themselves. */
const ALONE: Step[] = [
  { name: 'packages (vitest)', command: ['vitest', 'run'], count: countVitest },
  { name: 'packed packages (pack-check)', command: ['node', 'tools/pack-check/src/main.ts'], count: countLines },
];

function sum(output: string, pattern: RegExp): number {
  return [...output.matchAll(pattern)].reduce((total, match) => total + Number(match[1]), 0);
}

function countCargo(output: string): { passed: number; failed: number } {
  return { passed: sum(output, /(\d+) passed;/g), failed: sum(output, /(\d+) failed;/g) };
}

function countVitest(output: string): { passed: number; failed: number } {
  const totals = /^\s*Tests\s+(.*)$/m.exec(output)?.[1] ?? '';
  return { passed: sum(totals, /(\d+) passed/g), failed: sum(totals, /(\d+) failed/g) };
}

/** Lines that begin with `ok` or `FAILED`. */
function countLines(output: string): { passed: number; failed: number } {
  const lines = (pattern: RegExp) => output.match(pattern)?.length ?? 0;
  return { passed: lines(/^ok /gm), failed: lines(/^FAILED /gm) };
}

/** Runs a command and keeps its output, passing it on as it comes where that is asked for. */
function run([command = '', ...args]: string[], passOn: boolean): Promise<{ ok: boolean; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: process.platform === 'win32',
      // Processes that tests start may run what has just been built.
      env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined, KOHAKUVAULT_BUILT: built ? '1' : undefined },
    });
    let output = '';
    const keep = (chunk: Buffer) => {
      output += chunk;
      if (passOn) process.stdout.write(chunk);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', (error) => resolve({ ok: false, output: String(error) }));
    child.on('close', (status) => resolve({ ok: status === 0, output }));
  });
}

function heading(text: string): void {
  console.log(`\n=== ${text}`);
}

let passed = 0;
let failed = 0;
const failures: string[] = [];

function record(name: string, counts: { passed: number; failed: number }, seconds: number): void {
  passed += counts.passed;
  failed += counts.failed;
  if (counts.failed > 0) failures.push(name);
  console.log(`--- ${name}: ${counts.failed > 0 ? 'FAILED' : 'passed'} in ${seconds.toFixed(1)} s`);
}

const only = process.argv.slice(2);
const started = performance.now();

heading('build');
const built = runTurbo(['build:native', 'build:probe', 'build', '--output-logs=new-only']) === 0;
record('build', { passed: Number(built), failed: Number(!built) }, (performance.now() - started) / 1000);

/** Beside others, the output waits for the step's end: the lines of several would mix. */
async function carryOut(step: Step, place: 'alone' | 'beside others'): Promise<void> {
  if (only.length > 0 && !only.some((word) => step.name.includes(word))) return;
  if (place === 'alone') heading(step.name);
  const start = performance.now();
  const { ok, output } = await run(step.command, place === 'alone');
  const seconds = (performance.now() - start) / 1000;
  if (place === 'beside others') {
    heading(step.name);
    process.stdout.write(output);
  }
  const counts = step.count?.(output) ?? { passed: Number(ok), failed: Number(!ok) };
  // A step that fails without a failed test, or passes without any test, has failed all the same.
  if (!ok && counts.failed === 0) counts.failed = 1;
  if (ok && counts.passed === 0) counts.failed = 1;
  record(step.name, counts, seconds);
}

await Promise.all(
  BESIDE_EACH_OTHER.map(async (steps) => {
    for (const step of steps) await carryOut(step, 'beside others');
  }),
);
for (const step of ALONE) await carryOut(step, 'alone');

if (failures.length > 0) console.log(`\nfailed: ${failures.join(', ')}`);
console.log(`\n${((performance.now() - started) / 1000).toFixed(0)} s`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

// Runs everything that guards the project: prints each step's own output and ends with one line of totals.
import type { Counts } from './counts.ts';
import { folderInMemory } from './folder-in-memory.ts';
import { run } from './run.ts';
import { ALONE, SIDE_BY_SIDE, type Step } from './steps.ts';
import { runTurbo } from './turbo.ts';

function heading(text: string): void {
  console.log(`\n=== ${text}`);
}

function secondsSince(start: number): number {
  return (performance.now() - start) / 1000;
}

let passed = 0;
let failed = 0;
const failures: string[] = [];

function record(name: string, counts: Counts, seconds: number): void {
  passed += counts.passed;
  failed += counts.failed;
  if (counts.failed > 0) failures.push(name);
  console.log(`--- ${name}: ${counts.failed > 0 ? 'FAILED' : 'passed'} in ${seconds.toFixed(1)} s`);
}

const only = process.argv.slice(2);
const temporary = folderInMemory();
const started = performance.now();

heading('build');
const built = runTurbo(['build:native', 'build:probe', 'build', '--output-logs=new-only']) === 0;
record('build', { passed: Number(built), failed: Number(!built) }, secondsSince(started));

/** Runs a step. The output of one that runs side by side with others is printed at its end, because lines would mix. */
async function carryOut(step: Step, place: 'alone' | 'side by side'): Promise<void> {
  if (only.length > 0 && !only.some((word) => step.name.includes(word))) return;
  if (place === 'alone') heading(step.name);
  const start = performance.now();
  // Programs that tests start may run what has just been built.
  const env = { KOHAKUVAULT_BUILT: built ? '1' : undefined, ...(temporary && { TMPDIR: temporary }) };
  const { ok, output } = await run(step.command, { print: place === 'alone', env });
  const seconds = secondsSince(start);
  if (place === 'side by side') {
    heading(step.name);
    process.stdout.write(output);
  }
  const counts = step.count?.(output) ?? { passed: Number(ok), failed: Number(!ok) };
  // A step that fails without a failed test, or passes without any test, counts as failed.
  if (!ok && counts.failed === 0) counts.failed = 1;
  if (ok && counts.passed === 0) counts.failed = 1;
  record(step.name, counts, seconds);
}

await Promise.all(
  SIDE_BY_SIDE.map(async (steps) => {
    for (const step of steps) await carryOut(step, 'side by side');
  }),
);
for (const step of ALONE) await carryOut(step, 'alone');

if (failures.length > 0) console.log(`\nfailed: ${failures.join(', ')}`);
console.log(`\n${secondsSince(started).toFixed(0)} s`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

// The model test of everything at once: see ../README.md.
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { run } from './run.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    steps: { type: 'string' },
    rounds: { type: 'string' },
    minutes: { type: 'string' },
    verbose: { type: 'boolean' },
  },
});
const seed = number('seed', values.seed ?? String(randomInt(2 ** 31)));
const steps = number('steps', values.steps ?? '200');
const minutes = values.minutes === undefined ? undefined : number('minutes', values.minutes);
const rounds =
  values.rounds === undefined ? (minutes === undefined ? 100 : undefined) : number('rounds', values.rounds);

function number(name: string, text: string): number {
  const number = Number(text);
  if (!Number.isFinite(number) || number < 0) throw new Error(`--${name} is ${text}; expected a number from 0 on`);
  return number;
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
console.log(`--seed ${seed} --steps ${steps}`);
let reported = performance.now();
let total: number;
try {
  total = await run({
    seed,
    steps,
    ...(rounds !== undefined && { rounds }),
    ...(minutes !== undefined && { minutes }),
    ...(values.verbose && { verbose: true }),
    report: (rounds, steps) => {
      if (performance.now() - reported < 60_000) return;
      reported = performance.now();
      console.log(`${rounds} rounds, ${steps} steps`);
    },
  });
} catch (error) {
  console.error((error as Error).message);
  process.exit(1);
}
console.log(`${total} steps`);

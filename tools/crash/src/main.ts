// Kills writers and checks what they leave: see ../README.md.
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { wholeNumber } from '../../testing/src/arguments.ts';
import { crash } from './rounds.ts';
import { SCENARIOS } from './scenarios.ts';

const { values } = parseArgs({
  options: { rounds: { type: 'string' }, seed: { type: 'string' }, scenario: { type: 'string' } },
});
const rounds = wholeNumber('rounds', values.rounds ?? '500');
const seed = wholeNumber('seed', values.seed ?? String(randomInt(2 ** 31)));

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
for (const scenario of values.scenario ? [values.scenario] : SCENARIOS.keys()) {
  console.log(`${scenario}: ${rounds} rounds, --seed ${seed}`);
  const { acknowledged, ahead } = await crash({ scenario, rounds, seed });
  console.log(`${scenario}: ${acknowledged} acknowledged operations kept; ${ahead} under way were there as a whole`);
}

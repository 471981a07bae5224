// Damages sound files and uses them: see ../README.md.
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { wholeNumber } from '../../testing/src/arguments.ts';
import { fuzz } from './rounds.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string' },
    seed: { type: 'string' },
    kind: { type: 'string' },
    own: { type: 'boolean' },
    'keep-going': { type: 'boolean' },
    verbose: { type: 'boolean' },
  },
});
const rounds = wholeNumber('rounds', values.rounds ?? '1000');
const seed = wholeNumber('seed', values.seed ?? String(randomInt(2 ** 31)));

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
console.log(`${rounds} rounds, --seed ${seed}`);
const { calls, same, other, refused, refusing, found, memory } = await fuzz({
  rounds,
  seed,
  kind: values.kind,
  ownOnly: values.own ?? false,
  ...(values['keep-going'] && {
    wrong: (text: string) => {
      console.log(text);
      process.exitCode = 1;
    },
  }),
  ...(values.verbose && { report: console.log }),
});
console.log(`${calls} calls: ${same} reads as from the sound file, ${other} with changed content`);
for (const [code, count] of [...refused].sort()) console.log(`  ${count} refused with ${code}`);
console.log(`${refusing} files in which a read was refused; verify found damage in ${found}`);
console.log(`at most ${Math.round(memory / 2 ** 20)} MiB of memory`);

import { parseArgs } from 'node:util';
import { suiteNames } from './discovery.ts';

export interface Options {
  suites: string[];
  rounds: number;
  quick: boolean;
  /** Only cases whose names contain this text. */
  only: string | undefined;
  json: string | undefined;
  report: boolean;
  help: boolean;
}

export const USAGE = `bench [suite...] [options]

  --rounds N    rounds to run (5; with --quick 2)
  --quick       short measurements, to try something out; nothing is kept in results/
  --only TEXT   only cases whose names contain the text; nothing is kept in results/
  --json FILE   write the results to this file too
  --report      write the kept results into docs/benchmarks.md, and run nothing

suites: ${suiteNames().join(', ')}`;

/** Reads the command line; throws with a message for the user. */
export function parseOptions(args: string[]): Options {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      rounds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      only: { type: 'string' },
      json: { type: 'string' },
      report: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const known = suiteNames();
  for (const name of positionals)
    if (!known.includes(name)) throw new Error(`there is no suite ${name}; expected one of ${known.join(', ')}`);
  const rounds = Number(values.rounds ?? (values.quick ? 2 : 5));
  if (!Number.isInteger(rounds) || rounds < 1)
    throw new Error(`--rounds expects a whole number from 1 on, got ${values.rounds}`);
  const { quick, only, json, report, help } = values;
  return { suites: positionals.length > 0 ? positionals : known, rounds, quick, only, json, report, help };
}

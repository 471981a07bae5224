import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { FEWEST_ROUNDS } from './comparison.ts';
import { suiteNames } from './discovery.ts';

export interface Options {
  suites: string[];
  rounds: number;
  quick: boolean;
  /** Whether the cases that take minutes or gigabytes run too. */
  large: boolean;
  /** Only cases whose names contain this text. */
  only: string | undefined;
  json: string | undefined;
  fixtures: string | undefined;
  /** A ref, or the folder of a checkout. */
  against: string | undefined;
  /** The share by which a row may get slower. */
  threshold: number;
  report: boolean;
  help: boolean;
}

export const USAGE = `bench [suite...] [options]

  --rounds N         rounds to run (5; with --quick 2; with --against 7)
  --quick            short measurements, to try something out; nothing is kept in results/
  --large            the cases that take minutes or gigabytes too
  --only TEXT        only cases whose names contain the text; nothing is kept in results/
  --json FILE        write the results to this file too
  --fixtures FOLDER  keep the files that suites prepare there, and use them again
  --against REF      compare with another commit, or with the checkout in a folder; nothing is kept in results/
  --threshold PCT    with --against: fail if a row is slower beyond the noise and by more than this (5)
  --report           write the kept results into docs/benchmarks.md, and run nothing

suites: ${suiteNames().join(', ')}`;

/** Reads the command line; throws with a message for the user. */
export function parseOptions(args: string[]): Options {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      rounds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      large: { type: 'boolean', default: false },
      only: { type: 'string' },
      json: { type: 'string' },
      fixtures: { type: 'string' },
      against: { type: 'string' },
      threshold: { type: 'string', default: '5' },
      report: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const known = suiteNames();
  for (const name of positionals)
    if (!known.includes(name)) throw new Error(`there is no suite ${name}; expected one of ${known.join(', ')}`);
  const { against, fixtures, ...others } = values;
  return {
    ...others,
    suites: positionals.length > 0 ? positionals : known,
    rounds: roundsOf(values.rounds ?? (against !== undefined ? 7 : values.quick ? 2 : 5), against),
    only: values.only,
    json: values.json,
    fixtures: fixtures === undefined ? undefined : resolve(fixtures),
    against,
    threshold: thresholdOf(values.threshold),
  };
}

function roundsOf(given: string | number, against: string | undefined): number {
  const rounds = Number(given);
  const fewest = against === undefined ? 1 : FEWEST_ROUNDS;
  if (Number.isInteger(rounds) && rounds >= fewest) return rounds;
  const why = against === undefined ? '' : ' with --against, because fewer tell nothing from the noise';
  throw new Error(`--rounds expects a whole number from ${fewest} on${why}, got ${given}`);
}

function thresholdOf(given: string): number {
  const percent = given.trim() === '' ? Number.NaN : Number(given);
  if (percent >= 0 && percent < Number.POSITIVE_INFINITY) return percent / 100;
  throw new Error(`--threshold expects percent from 0 on, got ${given}`);
}

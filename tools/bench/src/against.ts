// Measures two checkouts in the same rounds: this one, and another.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Listed } from './cases-process.ts';
import type { Checkout } from './checkout.ts';
import { type Change, changeOf, confirmed, type Pairs } from './comparison.ts';
import type { Answer, Order } from './contender-process.ts';
import { loadSuite } from './discovery.ts';
import { ask, carryOut, HERE, programOf, whyOf, withFolder } from './processes.ts';
import { fixturesOf, type Run, seconds } from './rounds.ts';
import type { Unit } from './units.ts';

/** A case that both checkouts have. */
export interface Row extends Pairs {
  name: string;
  unit: Unit;
  /** Absent if one of them has no numbers. */
  change?: Change;
  /** Why there are none; `failed` if this checkout is to blame. */
  problem?: string;
  failed?: boolean;
}

export interface Comparison {
  suite: string;
  rows: Row[];
  onlyHere: string[];
  onlyThere: string[];
}

type Side = 'here' | 'there';

export async function compare(suite: string, other: Checkout, only: string, run: Run): Promise<Comparison> {
  const [here, there] = [await casesOf(HERE, suite, only, run), await casesOf(other.root, suite, only, run)];
  const both = here.filter(({ name }) => there.some((each) => each.name === name));
  const missingIn = (cases: Listed[], of: Listed[]) =>
    of.map(({ name }) => name).filter((name) => !cases.some((each) => each.name === name));
  const comparison: Comparison = {
    suite,
    rows: both.map(({ name, unit }) => ({ name, unit: unit as Unit, here: [], there: [] })),
    onlyHere: missingIn(there, here),
    onlyThere: missingIn(here, there),
  };
  if (both.length > 0) {
    const ours = await loadSuite(suite);
    await withFolder(async (base) => {
      // Files that are kept are ours: those of the other one may have another layout.
      const fixtures = { here: fixturesOf(suite, ours, base, run), there: join(base, 'fixtures-of-the-other') };
      mkdirSync(fixtures.there);
      const sides = { here: { root: HERE, cases: here }, there: { root: other.root, cases: there } };
      await measure(new Pair(suite, sides, fixtures, base, run), comparison.rows, run.rounds);
    });
  }
  return comparison;
}

async function measure(pair: Pair, rows: Row[], rounds: number): Promise<void> {
  await pair.prepare(rows.map(({ name }) => name));
  await pair.run(rows, rounds);
  const changed: [row: Row, first: Change][] = [];
  for (const row of rows) {
    if (row.problem !== undefined) continue;
    row.change = changeOf(row);
    if (row.change.verdict !== 'within the noise') changed.push([row, row.change]);
  }
  if (changed.length === 0) return;
  console.error(`${changed.length} of ${rows.length} cases seem to have changed; they run again`);
  const again = changed.map(([{ name, unit }]): Row => ({ name, unit, here: [], there: [] }));
  await pair.run(again, rounds);
  for (const [index, [row, first]] of changed.entries()) {
    const second = again[index] as Row;
    row.here.push(...second.here);
    row.there.push(...second.there);
    if (second.problem === undefined) row.change = confirmed(first, second, row);
    else Object.assign(row, { problem: second.problem, failed: second.failed, change: undefined });
  }
}

async function casesOf(root: string, suite: string, only: string, { large }: Run): Promise<Listed[]> {
  const listed = await ask<Listed[]>(programOf(HERE, 'cases-process'), [root, suite]);
  if (typeof listed === 'string') throw new Error(`the cases of ${suite} in ${root} cannot be listed: ${listed}`);
  return listed.filter((each) => each.name.includes(only) && (large || !each.large));
}

/** One suite in both checkouts, each with fixtures of its own making. */
class Pair {
  readonly #suite: string;
  readonly #sides: Record<Side, { root: string; cases: Listed[] }>;
  readonly #fixtures: Record<Side, string>;
  readonly #base: string;
  readonly #run: Run;

  constructor(
    suite: string,
    sides: Record<Side, { root: string; cases: Listed[] }>,
    fixtures: Record<Side, string>,
    base: string,
    run: Run,
  ) {
    this.#suite = suite;
    this.#sides = sides;
    this.#fixtures = fixtures;
    this.#base = base;
    this.#run = run;
  }

  async prepare(names: string[]): Promise<void> {
    for (const side of ['here', 'there'] as const) {
      const answer = await this.#carryOut(side, { folder: this.#fixtures[side], names });
      if ('value' in answer) continue;
      throw new Error(`the suite ${this.#suite} could not be prepared in ${this.#sides[side].root}: ${whyOf(answer)}`);
    }
  }

  /** Runs all rows in each round; the checkout that begins changes from round to round. */
  async run(rows: Row[], rounds: number): Promise<void> {
    for (let round = 0; round < rounds; round++) {
      const began = performance.now();
      for (const [index, row] of rows.entries()) {
        if (row.problem !== undefined) continue;
        const order: Side[] = (round + index) % 2 === 0 ? ['here', 'there'] : ['there', 'here'];
        for (const side of order) if (row.problem === undefined) await this.#measure(row, side);
      }
      console.error(`${this.#suite}: round ${round + 1} of ${rounds} took ${seconds(began)} s`);
    }
  }

  async #measure(row: Row, side: Side): Promise<void> {
    const contender = this.#sides[side].cases.find(({ name }) => name === row.name)?.contender ?? '';
    const folder = mkdtempSync(join(this.#base, 'contender-'));
    const answer = await this.#carryOut(side, { folder, case: row.name, contender });
    rmSync(folder, { recursive: true, force: true });
    if ('value' in answer) {
      row[side].push(answer.value);
      return;
    }
    row.failed = 'failed' in answer && side === 'here';
    row.problem = `${side === 'here' ? 'here' : 'in the other'}: ${whyOf(answer)}`;
    console.error(`${row.name}: ${row.problem}`);
  }

  #carryOut(side: Side, task: Pick<Order, 'folder' | 'case' | 'contender' | 'names'>): Promise<Answer> {
    const { quick, large } = this.#run;
    const order = { suite: this.#suite, fixtures: this.#fixtures[side], quick, large, alone: true, ...task };
    return carryOut(order, this.#sides[side].root);
  }
}

// What a reader wants to know first: how ours compares with each peer, and what misses its goal.
import type { CaseResult, SuiteResult } from './results.ts';
import { median } from './statistics.ts';
import { linesOf, reachedText, wrapped } from './table.ts';
import { formatRatio } from './units.ts';

/** The peers, in the order of charts. A contender belongs to the first that its name contains. */
export const PEERS = [
  'better-sqlite3',
  'node:sqlite',
  'lmdb',
  'classic-level',
  'sqlite-vec',
  'sorted-btree',
  'msgpackr',
  'cbor-x',
  'Python',
] as const;

/** One case in which ours was compared with a peer. */
export interface Duel {
  suite: string;
  case: CaseResult;
  peer: number;
  contender: string;
  speed: { median: number; min: number; max: number };
}

/** Returns the comparisons of speed; sizes and shares are not that. */
export function duelsOf(results: SuiteResult[]): Duel[] {
  return results.flatMap(({ suite, cases }) =>
    cases
      .filter(({ unit }) => unit === 'ns' || unit === 'bytes/s')
      .flatMap((entry) =>
        entry.contenders.flatMap(({ name, speed }): Duel[] => {
          const peer = PEERS.findIndex((each) => name.includes(each));
          return speed && peer >= 0 ? [{ suite, case: entry, peer, contender: name, speed }] : [];
        }),
      ),
  );
}

/** Returns the table of ours against each peer. */
export function peersTable(duels: Duel[]): string {
  const rows = PEERS.flatMap((peer, index) => {
    const own = duels.filter((duel) => duel.peer === index).sort((a, b) => a.speed.median - b.speed.median);
    const [least, most] = [own[0], own.at(-1)];
    if (!least || !most) return [];
    const faster = own.filter(({ speed }) => speed.median >= 1).length;
    return [
      [
        peer,
        `${faster} of ${own.length}`,
        formatRatio(median(own.map(({ speed }) => speed.median))),
        `${formatRatio(least.speed.median)} (${least.suite}: ${least.case.name})`,
        `${formatRatio(most.speed.median)} (${most.suite}: ${most.case.name})`,
      ],
    ];
  });
  return linesOf([['peer', 'ours is as fast in', 'middle', 'lowest', 'highest'], ...rows]).join('\n');
}

/** Returns how many budgets are met, and a list of those that are not. */
export function budgetText(results: SuiteResult[]): string {
  const all = results.flatMap(({ suite, cases }) =>
    cases.flatMap((entry) => entry.budgets.map((budget) => ({ suite, entry, budget }))),
  );
  const missed = all.filter(({ budget }) => budget.verdict === 'missed');
  const met = all.filter(({ budget }) => budget.verdict === 'met').length;
  const unchecked = all.length - met - missed.length;
  return [
    `Of ${all.length} budgets ${met} are met${unchecked > 0 ? `, and ${unchecked} could not be checked` : ''}.` +
      (missed.length > 0 ? ` ${missed.length} are missed:` : ''),
    ...(missed.length > 0 ? [''] : []),
    ...missed.map(({ suite, entry, budget }) =>
      wrapped(`- ${suite}: ${entry.name}: ${reachedText(entry.unit, budget)}`, '  '),
    ),
  ].join('\n');
}

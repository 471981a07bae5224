import type { Comparison, Row } from './against.ts';
import { type Change, isLoss } from './comparison.ts';
import { median } from './statistics.ts';
import { linesOf, withRange } from './table.ts';
import { format, formatRatio } from './units.ts';

const HEADING = ['case', 'there', 'here', 'speed-up', 'verdict'];

/** Returns what changed beyond the noise as text, with every row below it. */
export function comparisonText({ suite, rows, onlyHere, onlyThere }: Comparison, threshold: number): string {
  const changes = rows.flatMap(({ change }) => change ?? []);
  const count = (which: (change: Change) => boolean) => changes.filter(which).length;
  const losses = count((change) => isLoss(change, threshold));
  return [
    `${suite}: of ${rows.length} cases ${count(({ verdict }) => verdict === 'faster')} are faster than there, ` +
      `${count(({ verdict }) => verdict === 'slower')} slower (${losses} by more than ${percent(threshold)}), ` +
      `${count(({ verdict }) => verdict === 'within the noise')} within the noise. ${noiseOf(changes)}`,
    '',
    ...linesOf([HEADING, ...rows.map((row) => cellsOf(row, threshold))]),
    ...listed('only here', onlyHere),
    ...listed('only there', onlyThere),
  ].join('\n');
}

/** Half of the rows could not show a smaller change. */
function noiseOf(changes: Change[]): string {
  const widths = changes.map(({ sure: [low, high] }) => Math.max(high, 1 / low) - 1).filter(Number.isFinite);
  return widths.length === 0 ? '' : `The noise of half the rows is above ${percent(median(widths))}.`;
}

function cellsOf({ name, unit, here, there, change, problem }: Row, threshold: number): string[] {
  if (!change) return [name, '', '', '', `not compared: ${problem?.split('\n')[0]}`];
  const { verdict } = change;
  return [
    name,
    format(unit, median(there)),
    format(unit, median(here)),
    withRange(change.speed, formatRatio),
    verdict === 'within the noise' ? '' : isLoss(change, threshold) ? '**slower**' : verdict,
  ];
}

function listed(title: string, names: string[]): string[] {
  return names.length === 0 ? [] : ['', `${title}: ${names.join('; ')}`];
}

function percent(share: number): string {
  return `${(share * 100).toFixed(share < 0.1 ? 1 : 0)}%`;
}

import type { BudgetResult, CaseResult, ContenderResult, SuiteResult } from './results.ts';
import type { Spread } from './statistics.ts';
import { format, formatRatio, type Unit } from './units.ts';

const HEADING = ['case', 'contender', 'median', 'range', 'p99.9', 'speed-up', 'budget'];
/** The column that only suites have in which single calls were timed. */
const TAIL = HEADING.indexOf('p99.9');

/**
 * Returns the results as a Markdown table, padded so that it is readable in a terminal too, with the notes below it.
 */
export function tableOf({ cases }: SuiteResult): string {
  const rows = cases.flatMap(rowsOf);
  const notes = cases.filter(({ note }) => note).map(({ name, note }) => wrapped(`- ${name}: ${note}`, '  '));
  const hasTails = cases.some(({ contenders }) => contenders.some(({ tail }) => tail));
  const shown = [HEADING, ...rows].map((row) => (hasTails ? row : row.toSpliced(TAIL, 1)));
  return [...linesOf(shown), ...(notes.length > 0 ? ['', ...notes] : [])].join('\n');
}

function rowsOf({ name, unit, contenders, budgets }: CaseResult): string[][] {
  return contenders.map((contender, position) => {
    const own = budgets.filter(({ against }) => (position === 0 ? against === undefined : against === contender.name));
    return [
      position === 0 ? name : '',
      contender.name,
      ...numbers(unit, contender),
      contender.tail ? format(unit, contender.tail.median) : '',
      contender.speed ? withRange(contender.speed, formatRatio) : '',
      own.map((budget) => budgetText(unit, budget)).join('; '),
    ];
  });
}

function numbers(unit: Unit, { spread, notRun, failed }: ContenderResult): [string, string] {
  if (notRun !== undefined) return [`not run: ${notRun}`, ''];
  // The JSON has the stack; a table needs only the first line.
  if (failed !== undefined) return [`**failed**: ${failed.split('\n')[0]}`, ''];
  if (!spread) return ['', ''];
  return [format(unit, spread.median), `${format(unit, spread.min)} … ${format(unit, spread.max)}`];
}

/** Formats a median with its range. */
export function withRange({ median, min, max }: Spread, text: (value: number) => string): string {
  return `${text(median)} (${text(min)} … ${text(max)})`;
}

function budgetText(unit: Unit, budget: BudgetResult): string {
  const { verdict, reached } = budget;
  const came = reached === undefined ? '' : ` (${inBudgetTerms(unit, budget, reached)})`;
  return `${wantedText(unit, budget)}: ${verdict === 'missed' ? '**missed**' : verdict}${came}`;
}

/** Says what was reached instead of what was wanted, such as `0.9x lmdb; wanted at least 1x as fast`. */
export function reachedText(unit: Unit, budget: BudgetResult): string {
  const { against, reached = Number.NaN } = budget;
  const peer = against === undefined ? '' : ` ${against}`;
  return `${inBudgetTerms(unit, budget, reached)}${peer}; wanted ${wantedText(unit, budget)}`;
}

function wantedText(unit: Unit, budget: BudgetResult): string {
  const { against, atLeast, atMost } = budget;
  return [
    ...(atLeast === undefined
      ? []
      : [`at least ${inBudgetTerms(unit, budget, atLeast)}${against === undefined ? '' : ' as fast'}`]),
    ...(atMost === undefined
      ? []
      : [`at most ${inBudgetTerms(unit, budget, atMost)}${against === undefined ? '' : ' the cost'}`]),
  ].join(' and ');
}

function inBudgetTerms(unit: Unit, { against }: BudgetResult, value: number): string {
  return against === undefined ? format(unit, value) : formatRatio(value);
}

/** Breaks a paragraph into lines of at most 120 characters; all but the first are indented. */
export function wrapped(paragraph: string, indent = ''): string {
  const [first = '', ...words] = paragraph.split(' ');
  const lines = [first];
  for (const word of words) {
    const line = `${lines.at(-1)} ${word}`;
    if (line.length <= 120) lines[lines.length - 1] = line;
    else lines.push(indent + word);
  }
  return lines.join('\n');
}

/** Returns the lines of a Markdown table. */
export function linesOf([heading = [], ...rows]: string[][]): string[] {
  const escaped = [heading, ...rows].map((row) => row.map((cell) => cell.replaceAll('|', '\\|')));
  const widths = heading.map((_, column) => Math.max(...escaped.map((row) => row[column]?.length ?? 0)));
  const line = (row: string[]) => `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const [first = '', ...others] = escaped.map(line);
  return [first, line(widths.map((width) => '-'.repeat(width))), ...others];
}

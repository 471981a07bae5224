import type { BudgetResult, CaseResult, ContenderResult, SuiteResult } from './results.ts';
import type { Spread } from './statistics.ts';
import { format, formatRatio, type Unit } from './units.ts';

const HEADING = ['case', 'contender', 'median', 'range', 'speed-up', 'budget'];

/**
 * Returns the results as a Markdown table, padded so that it is readable in a terminal too, with the notes below it.
 */
export function tableOf({ cases }: SuiteResult): string {
  const rows = cases.flatMap(rowsOf);
  const notes = cases.filter(({ note }) => note).map(({ name, note }) => wrapped(`- ${name}: ${note}`, '  '));
  return [...linesOf([HEADING, ...rows]), ...(notes.length > 0 ? ['', ...notes] : [])].join('\n');
}

function rowsOf({ name, unit, contenders, budgets }: CaseResult): string[][] {
  return contenders.map((contender, position) => {
    const own = budgets.filter(({ against }) => (position === 0 ? against === undefined : against === contender.name));
    return [
      position === 0 ? name : '',
      contender.name,
      ...numbers(unit, contender),
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

function budgetText(unit: Unit, { against, atLeast, atMost, reached, verdict }: BudgetResult): string {
  const text = (value: number) => (against === undefined ? format(unit, value) : formatRatio(value));
  const wanted = [
    ...(atLeast === undefined ? [] : [`at least ${text(atLeast)}${against === undefined ? '' : ' as fast'}`]),
    ...(atMost === undefined ? [] : [`at most ${text(atMost)}${against === undefined ? '' : ' the cost'}`]),
  ].join(' and ');
  const came = reached === undefined ? '' : ` (${text(reached)})`;
  return `${wanted}: ${verdict === 'missed' ? '**missed**' : verdict}${came}`;
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

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chartsOf, pictureOf, SUMMARY, suiteCharts, writeCharts } from './charts.ts';
import type { SuiteResult } from './results.ts';
import { budgetText, duelsOf, peersTable } from './summary.ts';
import { tableOf, wrapped } from './table.ts';

const docs = join(import.meta.dirname, '../../../docs');
/** The folder of the charts, beside the page. */
const CHARTS = 'benchmarks';

const TITLE = `# Benchmarks

\`pnpm bench\` measures, and \`pnpm bench --report\` writes the kept results into this page. The program is in
\`tools/bench\`.
`;

const METHOD = `## The method

- KohakuVault and its peers run **interleaved in one run**: in each round every contender of a case runs once, in a
  process of its own, in an order that rotates from round to round. There are at least five rounds.
- A process sets up and warms up until a stretch of work takes 50 ms. Then it times seven such stretches and reports the
  median of their time per operation. A stretch is long enough to hold its share of rare events, such as a checkpoint.
- After that it times up to 20,000 calls one by one. One in a thousand takes longer than **p99.9**, of which the table
  shows the median over the rounds. Calls of half a millisecond or more have none, and neither have those that do many
  operations.
- The time that a thread waits for a core does not count (Linux reports it); the time that it waits for the disk does.
- **Only ratios count**, because machines are noisy. The speed-up is how many times as fast ours is as the contender;
  below 1, ours is slower. Each is made from the two numbers of one round, and the table shows the median of these ratios
  and their range. The absolute numbers give the order of magnitude on the named machine.
- Peers are configured as their documentation advises. For SQLite that is what KohakuVault itself sets: WAL,
  \`synchronous = NORMAL\`, mapped as far as SQLite can (2 GiB), a cache of 100,000 KiB, temporary tables in memory. The
  page size is SQLite's own, 4 KiB, as users of the peers have it.
- A budget is the goal that was set for ours. A missed budget is shown as missed, and a contender that could not run as
  not run. No case is dropped.
`;

/** Writes the page and its charts; text between the suites is left unchanged. */
export function writeReport(results: SuiteResult[], folder = docs): void {
  const file = join(folder, 'benchmarks.md');
  writeFileSync(file, pageOf(existsSync(file) ? readFileSync(file, 'utf8') : '', results));
  writeCharts(join(folder, CHARTS), chartsOf(results));
}

/** Returns the page with the parts that the results give, and all other text of the old one. */
export function pageOf(old: string, results: SuiteResult[]): string {
  let text = withIntroduction(old, results);
  for (const result of results) text = withTable(text, result);
  return text;
}

/** Replaces everything before the first suite. */
export function withIntroduction(text: string, results: SuiteResult[] = []): string {
  const suites = /^## .*\n\n<!-- suite: /m.exec(text)?.index;
  const introduction = [TITLE, ...inShort(results), METHOD].join('\n');
  return suites === undefined ? introduction : `${introduction}\n${text.slice(suites)}`;
}

function inShort(results: SuiteResult[]): string[] {
  const summary = chartsOf(results).find(({ name }) => name === SUMMARY);
  if (!summary) return [];
  return [
    '## In short',
    '',
    pictureOf(summary, CHARTS),
    '',
    wrapped(
      'Each peer in all cases that it takes part in. Right of 1x, ours is faster. "Middle" is the median of the cases: ' +
        'they are not equally important, so look for yours in the suites below.',
    ),
    '',
    peersTable(duelsOf(results)),
    '',
    budgetText(results),
    '',
  ];
}

export function withTable(text: string, result: SuiteResult): string {
  const begin = `<!-- suite: ${result.suite} -->`;
  const end = '<!-- /suite -->';
  const section = `${begin}\n\n${sectionOf(result)}\n\n${end}`;
  const from = text.indexOf(begin);
  if (from < 0) return `${text}\n## ${result.suite}\n\n${section}\n`;
  const to = text.indexOf(end, from);
  if (to < 0) throw new Error(`docs/benchmarks.md has ${begin} without ${end} after it; restore the marker`);
  return text.slice(0, from) + section + text.slice(to + end.length);
}

function sectionOf(result: SuiteResult): string {
  const { about, date, rounds, machine } = result;
  const packages = Object.entries(machine.packages).map(([name, version]) => `${name} ${version}`);
  return [
    about,
    '',
    wrapped(
      `${date}, ${rounds} rounds; ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.os}, ` +
        `load ${machine.load}; Node ${machine.node}, SQLite ${machine.sqlite}, ${packages.join(', ')}.`,
    ),
    '',
    ...suiteCharts(result).flatMap((chart) => [pictureOf(chart, CHARTS), '']),
    tableOf(result),
  ].join('\n');
}

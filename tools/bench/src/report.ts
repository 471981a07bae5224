import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SuiteResult } from './results.ts';
import { tableOf, wrapped } from './table.ts';

const file = join(import.meta.dirname, '../../../docs/benchmarks.md');

const INTRODUCTION = `# Benchmarks

\`pnpm bench\` measures, and \`pnpm bench --report\` writes the kept results into this page. The program is in
\`tools/bench\`.

## The method

- KohakuVault and its peers run **interleaved in one run**: in each round every contender of a case runs once, in a
  process of its own, in an order that rotates from round to round. There are at least five rounds.
- A process sets up and warms up until a stretch of work takes 50 ms. Then it times seven such stretches and reports the
  median of their time per operation. A stretch is long enough to hold its share of rare events, such as a checkpoint.
- The time that a thread waits for a core does not count (Linux reports it); the time that it waits for the disk does.
- **Only ratios count**, because machines are noisy. The speed-up is how many times as fast ours is as the contender;
  below 1, ours is slower. Each is made from the two numbers of one round, and the table shows the median of these ratios
  and their range. The absolute numbers give the order of magnitude on the named machine.
- Peers are configured as their documentation advises. For SQLite that is what KohakuVault itself sets: WAL,
  \`synchronous = NORMAL\`, mapped as far as SQLite can (2 GiB), a cache of 100,000 KiB, temporary tables in memory.
- A budget is the goal that was set for ours. A missed budget is shown as missed, and a contender that could not run as
  not run. No case is dropped.
`;

/** Writes the introduction and each suite's table into `docs/benchmarks.md`, and leaves all other text unchanged. */
export function writeReport(results: SuiteResult[]): void {
  let text = withIntroduction(existsSync(file) ? readFileSync(file, 'utf8') : '');
  for (const result of results) text = withTable(text, result);
  writeFileSync(file, text);
}

/** Replaces everything before the first suite. */
export function withIntroduction(text: string): string {
  const suites = /^## .*\n\n<!-- suite: /m.exec(text)?.index;
  return suites === undefined ? INTRODUCTION : `${INTRODUCTION}\n${text.slice(suites)}`;
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
    tableOf(result),
  ].join('\n');
}

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SuiteResult } from './results.ts';
import { tableOf } from './table.ts';

const file = join(import.meta.dirname, '../../../docs/benchmarks.md');

const INTRODUCTION = `# Benchmarks

\`pnpm bench\` measures; \`pnpm bench --report\` writes what it kept into the tables below. \`tools/bench\` is the program.

## The method

- Ours and its peers run **interleaved in one run**: in each round every contender of a case runs once, in a process of
  its own, in an order that rotates from round to round. There are at least five rounds.
- A process sets up, warms up until a stretch of work takes 50 ms, then times seven such stretches and reports the median
  of their time per operation. A stretch is long enough to hold its share of what comes seldom, such as a checkpoint.
- Time that a thread spends waiting for a core is not counted (Linux tells it); waiting for the disk is.
- **Only ratios count**, since machines are noisy. Each is made from the two numbers of one round; the table shows the
  median of these ratios and their range. The absolute numbers tell the order of magnitude on the machine named.
- Peers are configured as their documentation advises; on SQLite that is what KohakuVault itself sets: WAL,
  \`synchronous = NORMAL\`, 256 MiB mapped, a cache of 100,000 KiB, temporary tables in memory.
- A budget is what ours set out to reach. One that is missed is shown as missed, a contender that could not run as not
  run; no case is dropped.
`;

/** Puts each suite's table between its markers in `docs/benchmarks.md`, and leaves all other text as it is. */
export function writeReport(results: SuiteResult[]): void {
  let text = existsSync(file) ? readFileSync(file, 'utf8') : INTRODUCTION;
  for (const result of results) text = withTable(text, result);
  writeFileSync(file, text);
}

export function withTable(text: string, result: SuiteResult): string {
  const begin = `<!-- suite: ${result.suite} -->`;
  const end = '<!-- /suite -->';
  const section = `${begin}\n\n${sectionOf(result)}\n\n${end}`;
  const from = text.indexOf(begin);
  if (from < 0) return `${text}\n## ${result.suite}\n\n${section}\n`;
  const to = text.indexOf(end, from);
  if (to < 0) throw new Error(`docs/benchmarks.md has ${begin} without ${end} after it`);
  return text.slice(0, from) + section + text.slice(to + end.length);
}

function sectionOf(result: SuiteResult): string {
  const { about, date, rounds, machine } = result;
  const packages = Object.entries(machine.packages).map(([name, version]) => `${name} ${version}`);
  return [
    about,
    '',
    `${date}, ${rounds} rounds; ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.os}, ` +
      `load ${machine.load}; Node ${machine.node}, SQLite ${machine.sqlite}, ${packages.join(', ')}.`,
    '',
    tableOf(result),
  ].join('\n');
}

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DIFFERENCES, type Failure, failuresOf } from './differences.ts';
import { type Results, readResults } from './results.ts';
import { RUNTIMES } from './runtimes.ts';

const root = join(import.meta.dirname, '../../..');

/** The results of a runtime, with its id. */
interface Tested {
  readonly id: string;
  readonly results: Results;
  readonly failures: readonly Failure[];
}

/** The places of the tables: a file, and the name between its markers. */
const PLACES: readonly { readonly file: string; readonly name: string; readonly text: (all: Tested[]) => string }[] = [
  { file: 'README.md', name: 'runtimes', text: summary },
  { file: 'docs/guides/runtimes.md', name: 'tests', text: testsByPackage },
  { file: 'docs/guides/runtimes.md', name: 'differences', text: differences },
  { file: 'docs/guides/runtimes.md', name: 'delays', text: delays },
];

function tested(): Tested[] {
  return RUNTIMES.flatMap(({ id }) => {
    const results = readResults(id);
    return results ? [{ id, results, failures: failuresOf(id, results) }] : [];
  });
}

/** Returns what the pages should be, by their paths. */
export function pagesWithTables(): Map<string, string> {
  const all = tested();
  const pages = new Map<string, string>();
  for (const { file, name, text } of PLACES) {
    const page = pages.get(file) ?? readFileSync(join(root, file), 'utf8');
    pages.set(file, replaced(page, file, name, text(all)));
  }
  return pages;
}

/** Writes the tables of all results into the pages. */
export function writeTables(): void {
  for (const [file, page] of pagesWithTables()) writeFileSync(join(root, file), page);
}

/** Returns the failures that no difference explains, and the differences that explain no failure. */
export function unexplained(): { failures: Failure[]; differences: string[] } {
  const failures = tested().flatMap((each) => each.failures);
  const used = new Set(failures.map(({ difference }) => difference));
  return {
    failures: failures.filter(({ difference }) => difference === undefined),
    differences: DIFFERENCES.filter((each) => !used.has(each)).map(({ users, tests }) => users ?? tests ?? ''),
  };
}

function replaced(page: string, file: string, name: string, text: string): string {
  const [begin, end] = [`<!-- ${name}: written by tools/runtimes -->`, `<!-- end of ${name} -->`];
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${file} has no place between ${begin} and ${end}`);
  return `${page.slice(0, from + begin.length)}\n\n${text}\n\n${page.slice(to)}`;
}

function titleOf({ runtime, version }: Results): string {
  const [major, minor] = version.split('.');
  return runtime.startsWith('Node') ? `Node ${major}.${minor}` : `${runtime} ${major}.${minor}`;
}

function countsOf(files: Results['files'], prefix = ''): { passed: number; all: number } {
  let [passed, all] = [0, 0];
  for (const [file, result] of Object.entries(files)) {
    if (!file.startsWith(prefix)) continue;
    passed += result.passed;
    all += result.passed + Object.keys(result.failed).length;
  }
  return { passed, all };
}

function counted({ passed, all }: { passed: number; all: number }): string {
  const count = passed.toLocaleString('en-US');
  return passed === all ? count : `${count} of ${all.toLocaleString('en-US')}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((cell, at) =>
    Math.max(...[cell, ...rows.map((row) => row[at] ?? '')].map((it) => it.length)),
  );
  const line = (cells: readonly string[]) => `| ${cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [line(head), rule, ...rows.map(line)].join('\n');
}

function summary(all: Tested[]): string {
  return table(
    ['', ...all.map(({ results }) => titleOf(results))],
    [
      ['tests that pass', ...all.map(({ results }) => counted(countsOf(results.files)))],
      ['differences for users', ...all.map(({ id }) => String(forUsers(id).length || 'none'))],
    ],
  );
}

function forUsers(id: string): string[] {
  return DIFFERENCES.flatMap(({ runtimes, users }) => (users !== undefined && runtimes.includes(id) ? [users] : []));
}

/** The folder of a package with tests. Those for frameworks are one level deeper. */
function packageOf(file: string): string {
  return file
    .split('/')
    .slice(0, file.startsWith('packages/adapters/') ? 3 : 2)
    .join('/');
}

function testsByPackage(all: Tested[]): string {
  const folders = new Set(all.flatMap(({ results }) => Object.keys(results.files).map(packageOf)));
  const rows = [...folders]
    .sort()
    .map((folder) => [`\`${folder}\``, ...all.map(({ results }) => counted(countsOf(results.files, `${folder}/`)))]);
  const total = ['all', ...all.map(({ results }) => counted(countsOf(results.files)))];
  return table(['tests of', ...all.map(({ results }) => titleOf(results))], [...rows, total]);
}

function differences(all: Tested[]): string {
  const rows = DIFFERENCES.map((difference) => {
    const failing = new Set(
      all.flatMap(({ failures }) =>
        failures.filter((failure) => failure.difference === difference).map(({ file, test }) => `${file} ${test}`),
      ),
    );
    const where = all.filter(({ id }) => difference.runtimes.includes(id)).map(({ results }) => results.runtime);
    const text = difference.users ?? `Only tests: ${difference.tests}`;
    return [where.join(', '), text, String(failing.size)];
  });
  return table(['runtime', 'what differs', 'tests that see it'], rows);
}

function delays(all: Tested[]): string {
  const calls = Object.keys(all[0]?.results.delays ?? {});
  return table(
    ['milliseconds', ...all.map(({ results }) => titleOf(results))],
    calls.map((call) => [call, ...all.map(({ results }) => String(results.delays[call] ?? ''))]),
  );
}

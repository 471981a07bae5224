// Measures KohakuVault side by side with its peers; see tools/bench/README.md.
import { loadSuite } from './discovery.ts';
import { type Options, parseOptions, USAGE } from './options.ts';
import { writeReport } from './report.ts';
import { fileOf, keptResults, resultOf, type SuiteResult, writeJson } from './results.ts';
import { runRounds } from './rounds.ts';
import { tableOf } from './table.ts';

async function runSuite(name: string, { rounds, quick, only = '' }: Options): Promise<SuiteResult | undefined> {
  const suite = await loadSuite(name);
  const cases = suite.cases.filter((each) => each.name.includes(only));
  if (cases.length === 0) return undefined;
  const run = { rounds, quick };
  return resultOf(name, suite, run, await runRounds(name, suite, cases, run));
}

async function main(options: Options): Promise<void> {
  if (options.help) return console.log(USAGE);
  if (options.report) return writeReport(keptResults());
  const results: SuiteResult[] = [];
  for (const name of options.suites) {
    const result = await runSuite(name, options);
    if (!result) continue;
    console.log(`\n${name}: ${result.about}\n\n${tableOf(result)}\n`);
    if (!options.quick && options.only === undefined) writeJson(fileOf(name), result);
    results.push(result);
  }
  if (options.json) writeJson(options.json, results);
  const contenders = results.flatMap(({ cases }) => cases.flatMap((each) => each.contenders));
  // A missed budget is a finding; a contender that fails is a defect.
  if (contenders.some(({ failed }) => failed !== undefined)) process.exitCode = 1;
}

let options: Options;
try {
  options = parseOptions(process.argv.slice(2));
} catch (error) {
  console.error(`${(error as Error).message}\n\n${USAGE}`);
  process.exit(2);
}
await main(options);

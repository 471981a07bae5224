// Measures KohakuVault side by side with its peers; see tools/bench/README.md.
import { type Comparison, compare } from './against.ts';
import { comparisonText } from './against-table.ts';
import { type Checkout, checkoutOf } from './checkout.ts';
import { isLoss } from './comparison.ts';
import { loadSuite } from './discovery.ts';
import { type Options, parseOptions, USAGE } from './options.ts';
import { writeReport } from './report.ts';
import { fileOf, keptResults, resultOf, type SuiteResult, writeJson } from './results.ts';
import { runRounds } from './rounds.ts';
import { tableOf } from './table.ts';

async function runSuite(name: string, options: Options): Promise<SuiteResult | undefined> {
  const { only = '', large } = options;
  const suite = await loadSuite(name);
  const cases = suite.cases.filter((each) => each.name.includes(only) && (large || !each.large));
  if (cases.length === 0) return undefined;
  return resultOf(name, suite, options, await runRounds(name, suite, cases, options));
}

async function measure(options: Options): Promise<void> {
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

async function compareWith(ref: string, options: Options): Promise<void> {
  const { threshold, only = '' } = options;
  const other = checkoutFor(ref);
  console.error(`this checkout beside ${other.name}`);
  const comparisons: Comparison[] = [];
  for (const suite of options.suites) {
    const comparison = await compare(suite, other, only, options);
    const { rows, onlyHere, onlyThere } = comparison;
    if (rows.length + onlyHere.length + onlyThere.length === 0) continue;
    console.log(`\n${comparisonText(comparison, threshold)}\n`);
    comparisons.push(comparison);
  }
  if (options.json) writeJson(options.json, comparisons);
  const rows = comparisons.flatMap((comparison) => comparison.rows);
  if (rows.some(({ change, failed }) => failed || (change && isLoss(change, threshold)))) process.exitCode = 1;
}

function checkoutFor(ref: string): Checkout {
  try {
    return checkoutOf(ref);
  } catch (error) {
    console.error((error as Error).message);
    process.exit(2);
  }
}

async function main(options: Options): Promise<void> {
  if (options.help) return console.log(USAGE);
  if (options.report) return writeReport(keptResults());
  if (options.against !== undefined) return compareWith(options.against, options);
  return measure(options);
}

let options: Options;
try {
  options = parseOptions(process.argv.slice(2));
} catch (error) {
  console.error(`${(error as Error).message}\n\n${USAGE}`);
  process.exit(2);
}
await main(options);

// cases-process.ts ROOT SUITE: lists the cases of a suite in a checkout, each with its first contender. A suite that the
// checkout does not have has none.
import { pathToFileURL } from 'node:url';
import { programOf } from './processes.ts';

export interface Listed {
  name: string;
  unit: string;
  contender: string;
  large: boolean;
}

const [root = '', suite = ''] = process.argv.slice(2);
const discovery = (await import(pathToFileURL(programOf(root, 'discovery')).href)) as typeof import('./discovery.ts');
const { cases } = discovery.suiteNames().includes(suite) ? await discovery.loadSuite(suite) : { cases: [] };
const listed = cases.map(({ name, unit, contenders, large = false }): Listed => {
  return { name, unit, contender: Object.keys(contenders)[0] ?? '', large };
});
process.send?.(listed, () => process.exit());

import { entryOf } from '../../testing/src/arguments.ts';
import { columns } from './scenarios/columns.ts';
import { documents } from './scenarios/documents.ts';
import { kvault } from './scenarios/kvault.ts';
import type { AnyScenario } from './scenarios/scenario.ts';
import { text } from './scenarios/text.ts';
import { vector } from './scenarios/vector.ts';

export const SCENARIOS: ReadonlyMap<string, AnyScenario> = new Map([
  ['kvault', kvault as AnyScenario],
  ['columns', columns as AnyScenario],
  ['vector', vector as AnyScenario],
  ['text', text as AnyScenario],
  ['documents', documents as AnyScenario],
]);

export function scenarioOf(name: string): AnyScenario {
  return entryOf('scenario', name, SCENARIOS);
}

// writer-process.ts SCENARIO FILE SEED: carries out one operation after the other until it is killed.
import { writeSync } from 'node:fs';
import { Random } from './random.ts';
import { scenarioOf } from './scenarios.ts';

const [name = '', file = '', seed = ''] = process.argv.slice(2);
const STDOUT = 1;

/** Tells that something has happened. What is in the pipe outlives the process. */
function acknowledge(): void {
  writeSync(STDOUT, '.');
}

const scenario = scenarioOf(name);
acknowledge();
const writer = scenario.openWriter(file);
for (const operation of scenario.operations(new Random(Number(seed)))) {
  writer.carryOut(operation);
  acknowledge();
}

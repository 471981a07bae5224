// writer-process.ts SCENARIO FILE SEED: runs one operation after the other until it is killed.
import { writeSync } from 'node:fs';
import { Random } from '../../testing/src/random.ts';
import { scenarioOf } from './scenarios.ts';

const [name = '', file = '', seed = ''] = process.argv.slice(2);
const STDOUT = 1;

/** Reports that something has happened. The content of the pipe outlives the process. */
function acknowledge(): void {
  writeSync(STDOUT, '.');
}

const scenario = scenarioOf(name);
acknowledge();
const writer = scenario.openWriter(file);
for (const operation of scenario.operations(new Random(Number(seed)))) {
  await writer.carryOut(operation);
  acknowledge();
}

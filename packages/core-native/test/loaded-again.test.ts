import { expect, test } from 'vitest';
import { tempFolder } from '../../../tools/testing/src/temp.ts';
import { runScript } from './support/processes.ts';

test('the core may be loaded again in one thread, by a hard link and after its module was forgotten', async () => {
  expect(await runScript('loads-again.ts', [tempFolder()])).toBe('loaded again\n');
});

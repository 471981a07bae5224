import { expect, test } from 'vitest';
import { runScript } from './support/processes.ts';
import { tempFolder } from './support/temp.ts';

test('defect 15.7: the core may be loaded again in one thread, by a hard link and after its module was forgotten', async () => {
  expect(await runScript('loads-again.ts', [tempFolder()])).toBe('loaded again\n');
});

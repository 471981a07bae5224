import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

test('the guide shows the media server that is tested here', () => {
  const root = join(import.meta.dirname, '../../..');
  const guide = readFileSync(join(root, 'docs/guides/servers.md'), 'utf8');
  const [, shown] = /^```typescript\n(.*?)^```$/ms.exec(guide) ?? [];
  expect(shown).toBe(readFileSync(join(root, 'tools/load/src/media/app.ts'), 'utf8'));
});

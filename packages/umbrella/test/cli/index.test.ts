import { VectorKVault } from '@kohakuvault/vector';
import { describe, expect, test } from 'vitest';
import { tempFile } from '../../../../tools/testing/src/temp.ts';
import { jsonHere, outputHere, runHere } from '../support/in-process.ts';

function fileWith(...tables: string[]): string {
  const file = tempFile();
  for (const table of tables) {
    using vault = new VectorKVault<number>(file, { dimensions: 8, metric: 'l2', table });
    vault.insertMany(
      Array.from({ length: 500 }, (_, row) => [Float32Array.from({ length: 8 }, (_, i) => Math.sin(row * i)), row]),
    );
  }
  return file;
}

describe('index', () => {
  test('is made, shown, verified and dropped', async () => {
    const file = fileWith('notes');
    expect(await outputHere(['inspect', file])).not.toMatch(/INDEX/);
    expect(await outputHere(['index', 'create', file])).toMatch(/^notes: 500 vectors in \d+ lists, [\d.]+ KiB\n$/);
    expect(await jsonHere(['index', 'create', file, '--lists', '9'])).toMatchObject({ lists: 9, indexed: 500 });
    const report = await jsonHere<{ vectors: object[]; tables: object[] }>(['inspect', file]);
    expect(report.vectors).toEqual([expect.objectContaining({ table: 'notes', index: { lists: 9 } })]);
    expect(report.tables).toEqual([]);
    expect(await outputHere(['inspect', file])).toMatch(/INDEX[\s\S]*9 lists/);
    expect(await jsonHere(['verify', file])).toMatchObject({ ok: true });
    {
      using vault = new VectorKVault(file, { dimensions: 8, metric: 'l2', table: 'notes' });
      vault.database.exec('DELETE FROM notes_index_parts WHERE id < 4096 * 8');
    }
    const damaged = await runHere(['verify', file]);
    expect(damaged.status).toBe(3);
    expect(damaged.stdout).toMatch(/in none of its lists/);
    expect(await outputHere(['index', 'drop', file])).toBe('dropped the index of notes\n');
    expect(await outputHere(['index', 'drop', file])).toBe('notes has no index\n');
    expect(await jsonHere(['verify', file])).toMatchObject({ ok: true });
  });

  test('of one of several tables needs its name', async () => {
    const file = fileWith('a', 'b');
    expect(await runHere(['index', 'create', file])).toMatchObject({ status: 2 });
    expect(await outputHere(['index', 'create', file, '--table', 'b'])).toMatch(/^b: 500 vectors/);
    expect(await runHere(['index', 'make', file])).toMatchObject({ status: 2 });
    expect(await runHere(['index', 'create', file, '-t', 'b', '--lists', 'x'])).toMatchObject({ status: 2 });
    expect(await runHere(['index', 'create', file, '-t', 'c'])).toMatchObject({ status: 1 });
  });
});

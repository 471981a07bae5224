import { type DatabaseSource, TextVault, type TextVaultOptions } from '@kohakuvault/text';
import { onTestFinished } from 'vitest';
import { tempFile } from '../../../../tools/testing/src/temp.ts';

/** Opens a vault that is closed after the test. */
// biome-ignore lint/suspicious/noExplicitAny: as in the class.
export function vaultOf<V = any, F extends string = 'content'>(
  options: TextVaultOptions<F> = {},
  source: DatabaseSource = tempFile(),
): TextVault<V, F> {
  const vault = new TextVault<V, F>(source, options);
  onTestFinished(() => vault.close());
  return vault;
}

/** The numbers of the documents that a search has found, in their order. */
export function idsOf(results: Iterable<{ readonly id: bigint }>): number[] {
  return Array.from(results, ({ id }) => Number(id));
}

/** Opens a vault with texts, whose ids are 1, 2, 3 and so on. */
export function vaultWith(texts: readonly string[], options: TextVaultOptions = {}): TextVault<number> {
  const vault = vaultOf<number>(options);
  vault.insertMany(texts.map((text, number) => [text, number]));
  return vault;
}

// A program whose model never answers. It closes its store, says what has become of the call, and ends.
import { DocumentVault } from '@kohakuvault/text';
import { open } from 'kohakuvault/async';
import { promised } from '../../../../tools/testing/src/promised.ts';

const [file] = process.argv.slice(2) as [string];
const asked = promised();
const embed = () => {
  asked.resolve();
  return new Promise<never>(() => {});
};

let refused: Promise<string>;
{
  await using store = await open(file);
  const vault = await store.documents('notes', { embed, dimensions: 3 });
  refused = vault.add({ id: 'a', text: 'A writer takes the lock.' }).then(
    () => 'added',
    ({ code }: { code: string }) => code,
  );
  await asked.promise;
}
using local = new DocumentVault(file, { embed, dimensions: 3, table: 'notes' });
process.stdout.write(`refused: ${await refused}, stored: ${local.size}\n`);

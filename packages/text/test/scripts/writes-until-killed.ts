// Inserts documents, three in each transaction, and prints how many there are after each.
import { TextVault } from '@kohakuvault/text';

const vault = new TextVault<number>(process.argv[2] as string);
for (let next = vault.size; ; next += 3) {
  vault.insertMany([0, 1, 2].map((more) => [`document number ${next + more}`, next + more]));
  process.stdout.write(`${vault.size}\n`);
}

// peer.ts FILE: another process with a vault on the file, which executes commands and answers.
import { VectorKVault } from '@kohakuvault/vector';

export type Order =
  | { do: 'insert'; vectors: number[][]; value: unknown }
  | { do: 'delete'; id: number }
  | { do: 'update'; id: number; vector: number[] }
  | { do: 'docs'; text: string };

const vault = new VectorKVault(process.argv[2] ?? '', { dimensions: Number(process.argv[3] ?? 4), metric: 'l2' });

process.on('message', (order: Order) => {
  switch (order.do) {
    case 'insert':
      vault.insertMany(order.vectors.map((vector) => [vector, order.value]));
      break;
    case 'delete':
      vault.delete(order.id);
      break;
    case 'update':
      vault.update(order.id, { vector: order.vector });
      break;
    case 'docs':
      vault.database.prepare('INSERT INTO docs (text) VALUES (?)').run(order.text);
      break;
  }
  process.send?.('done');
});
process.send?.('ready');

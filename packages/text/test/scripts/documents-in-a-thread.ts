// A worker thread: adds, changes and deletes documents, and answers with the ids of all.
import { parentPort, workerData } from 'node:worker_threads';
import { DocumentVault } from '@kohakuvault/text';
import { embedWith } from '../support/embed.ts';

using vault = new DocumentVault(workerData as string, { embed: embedWith(16), dimensions: 16 });
await vault.add({ id: 'of the thread', text: 'A text of another thread.' });
await vault.update('first', { text: 'Changed in another thread.' });
vault.delete('second');
parentPort?.postMessage(vault.ids());

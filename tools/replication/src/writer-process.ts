// writer-process.ts FILE WRITER CHECKPOINTING BUSY_TIMEOUT: writes transactions from "go" on, and prints how many the file has after
// each. At "pause" it ends one, and prints "paused". If a transaction fails, it prints "failed" and the code, and pauses.
import { createInterface } from 'node:readline';
import { Vaults } from './content.ts';

const [file = '', writer = '', checkpointing = '', busyTimeout = ''] = process.argv.slice(2);
using vaults = new Vaults(file, {
  checkpointing: checkpointing as 'own' | 'external',
  busyTimeout: Number(busyTimeout),
});
let isRunning = false;

function next(): void {
  if (!isRunning) return;
  try {
    process.stdout.write(`${vaults.write(Number(writer))}\n`);
  } catch (error) {
    isRunning = false;
    const { code, message } = error as Error & { code?: string };
    process.stdout.write(`failed ${code}: ${message}\n`);
    return;
  }
  // Others get their turn.
  setTimeout(next, 1);
}

process.stdout.write('open\n');
for await (const line of createInterface(process.stdin)) {
  if (line === 'go' && !isRunning) {
    isRunning = true;
    next();
  } else if (line === 'pause') {
    isRunning = false;
    process.stdout.write('paused\n');
  }
}

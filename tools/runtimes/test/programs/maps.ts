// maps.ts FILE: reads values through mapped memory until it is told to stop. Says when it has read for the first and for
// the second time; reports at its end how often, or what was wrong.
import { KVault } from '@kohakuvault/kvault';

const file = process.argv[2] as string;
const vault = new KVault(file, { mmapSize: 256 * 1024 * 1024 });
let rounds = 0;
let isOver = false;
process.on('message', () => {
  isOver = true;
});

/** In one snapshot every value has the same bytes. */
function read(): string | undefined {
  return vault.snapshot(() => {
    const values = Array.from(vault.values(), (value) => value as Buffer);
    const first = values[0]?.[0];
    const isSame = values.every((value) => value[0] === first && value[value.length - 1] === first);
    return isSame ? undefined : `a snapshot had ${values.map((value) => value[0]).join(', ')}`;
  });
}

function turn(): void {
  const problem = read();
  rounds++;
  if (problem !== undefined || isOver) {
    process.send?.({ rounds, problem }, () => process.disconnect());
    vault.close();
    return;
  }
  if (rounds === 1) process.send?.('began');
  if (rounds === 2) process.send?.('goes on');
  setImmediate(turn);
}
turn();

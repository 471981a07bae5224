// writes.ts FILE: writes to a vault of each kind until a signal ends the process. Reports when it has begun.
import { openVaults, writeStep } from './vaults.ts';

const vaults = openVaults(process.argv[2] as string);
vaults.kv.enableCache({ autoFlush: false });
let step = 0;
const write = () => {
  for (let count = 0; count < 5; count++) writeStep(vaults, ++step);
  if (step === 20) process.send?.('began');
  setImmediate(write);
};
write();

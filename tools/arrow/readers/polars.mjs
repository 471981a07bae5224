// Polars reads log.arrow, prints what it found, and writes the same rows into back.arrow.
import { readFileSync } from 'node:fs';
import pl from 'nodejs-polars';

const log = pl.readIPC(readFileSync('log.arrow'));
const sum = (name) => Number(log.getColumn(name).sum());
const found = {
  rows: log.height,
  step: sum('step'),
  loss: sum('loss'),
  good: log.getColumn('good').toArray().filter(Boolean).length,
  small: sum('small'),
  note: log.getColumn('note').get(7),
  at: Array.from(log.getColumn('at').toArray()[7]),
};
log.writeIPC('back.arrow', { compression: 'uncompressed' });
console.log(JSON.stringify(found));

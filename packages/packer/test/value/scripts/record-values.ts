// Writes the bytes of every example. read_values.py adds what Python reads:
//     node --conditions=@kohakuvault/source packages/packer/test/value/scripts/record-values.ts
//     python tools/fixtures/packer/read_values.py      (with kohakuvault 0.7.1 and numpy)
import { writeFileSync } from 'node:fs';
import { encodeValue } from '@kohakuvault/packer/value';
import { CONVERTED, EXAMPLES, FORCED } from '../../support/examples.ts';

const all = new Map(EXAMPLES);
for (const [name, { given }] of [...CONVERTED, ...FORCED]) all.set(name, given);
const records = [...all].map(([name, value]) => ({ name, hex: encodeValue(value).toString('hex') }));
const target = new URL('../../../../../tools/fixtures/packer/values.json', import.meta.url);
writeFileSync(target, `[\n${records.map((record) => JSON.stringify(record)).join(',\n')}\n]\n`);

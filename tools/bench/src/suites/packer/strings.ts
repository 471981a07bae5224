import { DataPacker } from '@kohakuvault/packer';
import { python } from '../../peers/python.ts';
import type { Case } from '../../suite.ts';

const COUNT = 100_000;
const texts = () => Array.from({ length: COUNT }, (_, index) => `row ${index}: ${'x'.repeat(index % 90)}`);

const PYTHON_TEXTS = `
from kohakuvault import DataPacker
packer = DataPacker("str:utf8")
texts = [f"row {i}: {'x' * (i % 90)}" for i in range(${COUNT})]
`;

export const stringCases: Case[] = [
  {
    name: 'pack 100 k strings',
    unit: 'ns',
    budgets: [{ against: 'Python', atLeast: 1 }],
    contenders: {
      kohakuvault: ({ perOperation }) => {
        const packer = new DataPacker('str');
        const values = texts();
        return perOperation(() => packer.packMany(values).length);
      },
      'Buffer.from each, concat': ({ perOperation }) => {
        const values = texts();
        return perOperation(() => Buffer.concat(values.map((text) => Buffer.from(text))).length);
      },
      Python: (context) => python(context, `${PYTHON_TEXTS}\nprint(measure(lambda: packer.pack_many(texts)))`),
    },
  },
  {
    name: 'unpack 100 k strings',
    unit: 'ns',
    contenders: {
      kohakuvault: ({ perOperation }) => {
        const packer = new DataPacker('str');
        const { data, offsets } = packer.packManyWithOffsets(texts());
        return perOperation(() => packer.unpackMany(data, { offsets }).length);
      },
      'Buffer.toString each': ({ perOperation }) => {
        const { data, offsets } = new DataPacker('str').packManyWithOffsets(texts());
        return perOperation(() => {
          const values = new Array<string>(COUNT);
          for (let index = 0; index < COUNT; index++) {
            values[index] = data.toString('utf8', offsets[index], offsets[index + 1]);
          }
          return values.length;
        });
      },
      Python: (context) =>
        python(
          context,
          `${PYTHON_TEXTS}
data = packer.pack_many(texts)
offsets, at = [], 0
for text in texts:
    offsets.append(at)
    at += len(text.encode())
print(measure(lambda: packer.unpack_many(data, offsets=offsets)))`,
        ),
    },
  },
];

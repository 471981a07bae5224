import { DataPacker } from '@kohakuvault/packer';
import { python } from '../../peers/python.ts';
import type { Case } from '../../suite.ts';

const ROWS = 10_000;
const SIZE = 768;
const block = () => Float32Array.from({ length: ROWS * SIZE }, (_, index) => Math.sin(index));
const rows = () => {
  const data = block();
  return Array.from({ length: ROWS }, (_, row) => data.subarray(row * SIZE, (row + 1) * SIZE));
};

const PYTHON_ROWS = `
import numpy as np
from kohakuvault import DataPacker
packer = DataPacker("vec:f32:${SIZE}")
rows = list(np.sin(np.arange(${ROWS * SIZE})).astype("f4").reshape(${ROWS}, ${SIZE}))
`;

export const vectorCases: Case[] = [
  {
    name: 'pack vec:f32:768 x 10 k',
    unit: 'ns',
    budgets: [{ against: 'Python', atLeast: 3 }],
    contenders: {
      kohakuvault: ({ perOperation }) => {
        const packer = new DataPacker(`vec:f32:${SIZE}`);
        const values = rows();
        return perOperation(() => packer.packMany(values).length);
      },
      'kohakuvault, one tensor': ({ perOperation }) => {
        const packer = new DataPacker(`vec:f32:${SIZE}`);
        const tensor = { data: block(), shape: [ROWS, SIZE], dtype: 'f32' as const };
        return perOperation(() => packer.packMany(tensor).length);
      },
      Python: (context) => python(context, `${PYTHON_ROWS}\nprint(measure(lambda: packer.pack_many(rows)))`),
    },
  },
  {
    name: 'unpack vec:f32:768 x 10 k',
    unit: 'ns',
    note: "the Python package's arrays are read-only views of the packed bytes; ours are memory of the caller.",
    budgets: [{ against: 'Python', atLeast: 2 }],
    contenders: {
      kohakuvault: ({ perOperation }) => {
        const packer = new DataPacker(`vec:f32:${SIZE}`);
        const bytes = packer.packMany(rows());
        return perOperation(() => packer.unpackMany(bytes, { count: ROWS }).length);
      },
      'kohakuvault, one tensor': ({ perOperation }) => {
        const packer = new DataPacker(`vec:f32:${SIZE}`);
        const bytes = packer.packMany(rows());
        return perOperation(() => packer.unpackTensor(bytes, ROWS).data.length);
      },
      Python: (context) =>
        python(
          context,
          `${PYTHON_ROWS}\ndata = packer.pack_many(rows)\nprint(measure(lambda: packer.unpack_many(data, count=${ROWS})))`,
        ),
    },
  },
];

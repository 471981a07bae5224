import { DataPacker } from '@kohakuvault/packer';
import type { Case } from '../../suite.ts';

const COUNT = 1_000_000;
const numbers = () => Float64Array.from({ length: COUNT }, (_, index) => index / 7);

export const numberCases: Case[] = [
  {
    name: 'pack one f64',
    unit: 'ns',
    note: 'may cost at most 100 ns more than a DataView.',
    contenders: {
      kohakuvault: ({ perOperation }) => {
        const packer = new DataPacker('f64');
        return perOperation((turn) => packer.pack(turn / 7)[0] as number);
      },
      'DataView over a new Buffer': ({ perOperation }) =>
        perOperation((turn) => {
          const bytes = Buffer.allocUnsafe(8);
          new DataView(bytes.buffer, bytes.byteOffset, 8).setFloat64(0, turn / 7, true);
          return bytes[0] as number;
        }),
    },
  },
  {
    name: 'unpack one f64',
    unit: 'ns',
    note: 'may cost at most 100 ns more than a DataView.',
    contenders: {
      kohakuvault: ({ perOperation }) => {
        const packer = new DataPacker('f64');
        const bytes = packer.packMany(Float64Array.of(1.5, 2.5));
        return perOperation((turn) => packer.unpack(bytes, (turn % 2) * 8));
      },
      DataView: ({ perOperation }) => {
        const view = new DataView(Float64Array.of(1.5, 2.5).buffer);
        return perOperation((turn) => view.getFloat64((turn % 2) * 8, true));
      },
    },
  },
  {
    name: 'packMany 1 M f64 from a Float64Array',
    unit: 'ns',
    budgets: [{ against: 'memcpy', atLeast: 0.7 }],
    contenders: {
      kohakuvault: ({ perOperation }) => {
        const packer = new DataPacker('f64');
        const values = numbers();
        return perOperation(() => packer.packMany(values).length);
      },
      memcpy: ({ perOperation }) => {
        const values = numbers();
        return perOperation(() => values.slice().length);
      },
    },
  },
  {
    name: 'unpackMany 1 M f64',
    unit: 'ns',
    budgets: [{ against: 'memcpy', atLeast: 0.7 }],
    contenders: {
      kohakuvault: ({ perOperation }) => {
        const packer = new DataPacker('f64');
        const bytes = packer.packMany(numbers());
        return perOperation(() => packer.unpackMany(bytes, { count: COUNT }).length);
      },
      memcpy: ({ perOperation }) => {
        const values = numbers();
        return perOperation(() => values.slice().length);
      },
    },
  },
];

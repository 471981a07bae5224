import { DataPacker } from '@kohakuvault/packer';
import type { Case } from '../../suite.ts';

const DOCUMENTS: Record<string, unknown> = {
  'a small object': { id: 12_345, name: 'run-42', loss: 0.123, tags: ['a', 'bb'], ok: true },
  'a table of 100 objects': Array.from({ length: 100 }, (_, index) => ({
    id: index * 1_000,
    title: `title number ${index}`,
    text: `some longer text that has a little more than forty characters, number ${index}`,
    score: index / 7,
    nested: { x: index, y: [1, 2, 3] },
  })),
  '1,000 doubles': Array.from({ length: 1_000 }, (_, index) => index / 7),
};

/** Fresh documents each time, as they come from a file: a codec may cache something for bytes it has seen. */
const COPIES = 64;

async function bareCodec(
  dtype: 'msgpack' | 'cbor',
): Promise<{ pack(value: unknown): Buffer; unpack(bytes: Buffer): unknown }> {
  if (dtype === 'msgpack') {
    const { Packr } = await import('msgpackr');
    return new Packr({ useRecords: false });
  }
  const { Encoder } = await import('cbor-x');
  const encoder = new Encoder({ useRecords: false, mapsAsObjects: true });
  return { pack: (value) => encoder.encode(value), unpack: (bytes) => encoder.decode(bytes) };
}

function caseOf(dtype: 'msgpack' | 'cbor', name: string, bare: string): Case[] {
  const document = DOCUMENTS[name];
  return [
    {
      name: `${dtype}: pack ${name}`,
      unit: 'ns',
      budgets: [{ against: bare, atLeast: 1 }],
      contenders: {
        kohakuvault: ({ perOperation }) => {
          const packer = new DataPacker(dtype);
          return perOperation(() => packer.pack(document).length);
        },
        [bare]: async ({ perOperation }) => {
          const codec = await bareCodec(dtype);
          return perOperation(() => codec.pack(document).length);
        },
      },
    },
    {
      name: `${dtype}: unpack ${name}`,
      unit: 'ns',
      budgets: [{ against: bare, atLeast: 1 }],
      contenders: {
        kohakuvault: ({ perOperation }) => {
          const packer = new DataPacker(dtype);
          const copies = Array.from({ length: COPIES }, () => packer.pack(document));
          return perOperation((turn) => sizeOf(packer.unpack(copies[turn % COPIES] as Buffer)));
        },
        [bare]: async ({ perOperation }) => {
          const codec = await bareCodec(dtype);
          const copies = Array.from({ length: COPIES }, () => Buffer.from(codec.pack(document)));
          return perOperation((turn) => sizeOf(codec.unpack(copies[turn % COPIES] as Buffer)));
        },
      },
    },
  ];
}

function sizeOf(value: unknown): number {
  return Array.isArray(value) ? value.length : ((value as { id?: number }).id ?? 0);
}

export const documentCases: Case[] = Object.keys(DOCUMENTS).flatMap((name) => [
  ...caseOf('msgpack', name, 'msgpackr'),
  ...caseOf('cbor', name, 'cbor-x'),
]);

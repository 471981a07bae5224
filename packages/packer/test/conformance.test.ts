// The cases recorded from the Python package: the same bytes for the same values, the same values for the same bytes.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DataPacker, type DType, KohakuVaultError, parseDType } from '@kohakuvault/packer';
import { describe, expect, test } from 'vitest';
import { type Tagged, untagged } from './support/tagged.ts';

interface Case {
  id: number;
  op: 'dtype' | 'pack' | 'unpack' | 'pack_many' | 'schema_pack';
  dtype: string;
  value?: Tagged;
  hex?: string;
  offset?: number;
  error?: string;
  elem_size?: number;
  is_varsize?: boolean;
  unpacks_to?: Tagged;
  count?: number;
  offsets?: number[];
  schema?: object;
  note?: string;
  defect?: string;
}

const file = join(import.meta.dirname, '../../../tools/fixtures/packer/packer.json');
const cases = JSON.parse(readFileSync(file, 'utf8')) as Case[];

/** Why and how results differ from the Python package: refused here, refused there, or other bytes. */
interface Difference {
  how: 'refuses' | 'accepts' | 'differs';
  why: string;
  ids: number[];
}

const DIFFERENCES: Difference[] = [
  { how: 'accepts', why: 'scalars of every size, as the package has in its later columns', ids: [2, 3, 4] },
  { how: 'accepts', why: 'vectors of 16-bit floats of any shape', ids: [39] },
  { how: 'refuses', why: 'a boolean is no number in JavaScript', ids: [62, 63, 96] },
  { how: 'accepts', why: 'JavaScript has one type of number: 1.0 is the integer 1', ids: [64] },
  {
    how: 'differs',
    why: 'JavaScript has one type of number: an integral one is packed as an integer',
    ids: [342, 344, 349, 350, 440, 442, 447, 448, 744],
  },
  { how: 'differs', why: 'NaN and the infinities stay themselves', ids: [353, 354, 355, 451, 452, 453, 678, 684, 685] },
  { how: 'differs', why: 'JavaScript lists keys that look like array indexes first', ids: [370, 468] },
  { how: 'accepts', why: 'the key 1 of an object is the string "1"', ids: [374, 472] },
  { how: 'differs', why: 'u64 preserves all bits', ids: [603, 605, 606, 609, 610, 613, 614, 729] },
  { how: 'refuses', why: 'casting never changes a value: 300 is no u8, 1.9 no i8', ids: [643, 644] },
  { how: 'refuses', why: "a vector of another type than the dtype's is damage, not another dtype", ids: [649] },
  { how: 'accepts', why: 'bytes and integers beyond 64 bits in foreign documents are read', ids: [665, 691, 695] },
];

const differenceOf = new Map(DIFFERENCES.flatMap((difference) => difference.ids.map((id) => [id, difference])));

describe.each(['dtype', 'pack', 'unpack', 'pack_many', 'schema_pack'] as const)('%s', (op) => {
  const ofThis = cases.filter((entry) => entry.op === op);
  test.each(ofThis.filter(({ id }) => !differenceOf.has(id)))('case $id: $dtype', (entry) => {
    RUN[op](entry);
  });
  const different = ofThis.flatMap((entry) => {
    const difference = differenceOf.get(entry.id);
    return difference ? [{ ...entry, ...difference }] : [];
  });
  if (different.length > 0) {
    test.each(different)('case $id: $dtype: $how ($why)', ({ how, ...entry }) => {
      // A case that agrees with the package must leave the list.
      expect(() => RUN[op](entry)).toThrow();
      if (how === 'refuses') expectError(() => runOurs(entry));
      else if (op !== 'unpack' && op !== 'dtype')
        expect(runOurs(entry)).toEqual(comparable(untagged(entry.value as Tagged)));
      else runOurs(entry);
    });
  }
});

/** Returns the value of a case after packing and unpacking, or what is read from its bytes. */
function runOurs(entry: Case): unknown {
  if (entry.op === 'dtype') return parseDType(entry.dtype);
  if (entry.op === 'schema_pack') {
    const packer = DataPacker.withJsonSchema(entry.schema as object);
    return comparable(packer.unpack(packer.pack(untagged(entry.value as Tagged))));
  }
  const packer = new DataPacker(entry.dtype as DType);
  if (entry.op === 'pack_many') {
    const { data, offsets } = packer.packManyWithOffsets(untagged(entry.value as Tagged) as unknown[]);
    return comparable(packer.unpackMany(data, { offsets }));
  }
  if (entry.op === 'unpack') return packer.unpack(Buffer.from(entry.hex as string, 'hex'), entry.offset);
  return comparable(packer.unpack(packer.pack(untagged(entry.value as Tagged))));
}

const RUN: Record<Case['op'], (entry: Case) => void> = {
  dtype(entry) {
    if (entry.error) return expectError(() => parseDType(entry.dtype));
    expect(parseDType(entry.dtype)).toMatchObject({ elemSize: entry.elem_size, isVarsize: entry.is_varsize });
  },
  pack(entry) {
    const packer = new DataPacker(entry.dtype as DType);
    const value = untagged(entry.value as Tagged);
    if (entry.error) return expectError(() => packer.pack(value));
    expect(packer.pack(sorted(value)).toString('hex')).toBe(entry.hex);
    expect(comparable(packer.unpack(Buffer.from(entry.hex as string, 'hex')))).toEqual(
      comparable(untagged(entry.unpacks_to ?? (entry.value as Tagged))),
    );
  },
  unpack(entry) {
    const packer = new DataPacker(entry.dtype as DType);
    const bytes = Buffer.from(entry.hex as string, 'hex');
    if (entry.error) return expectError(() => packer.unpack(bytes, entry.offset));
    expect(comparable(packer.unpack(bytes, entry.offset))).toEqual(comparable(untagged(entry.value as Tagged)));
  },
  pack_many(entry) {
    const packer = new DataPacker(entry.dtype as DType);
    const values = sorted(untagged(entry.value as Tagged)) as unknown[];
    if (entry.error) return expectError(() => packer.packMany(values));
    const { data, offsets } = packer.packManyWithOffsets(values);
    expect(data.toString('hex')).toBe(entry.hex);
    expect(packer.packMany(values).toString('hex')).toBe(entry.hex);
    if (entry.offsets) expect([...offsets].slice(0, -1)).toEqual(entry.offsets);
    const back = packer.unpackMany(data, packer.isVarsize ? { starts: entry.offsets ?? [] } : { count: values.length });
    const expected = entry.unpacks_to ? (untagged(entry.unpacks_to) as unknown[]) : values;
    expect(Array.from(back as ArrayLike<unknown>, comparable)).toEqual(expected.map(comparable));
  },
  schema_pack(entry) {
    const packer = () => DataPacker.withJsonSchema(entry.schema as object);
    const value = entry.value && untagged(entry.value);
    if (entry.error) return expectError(() => packer().pack(value));
    expect(packer().pack(sorted(value)).toString('hex')).toBe(entry.hex);
  },
};

function expectError(call: () => unknown): void {
  expect(call).toThrow(KohakuVaultError);
}

/** Sorts the keys of maps, as Python does. Keys keep their order here, so sorted keys give the same bytes. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  if ('data' in value && 'shape' in value) return value;
  const entries = Object.entries(value).sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}

/**
 * Converts values to a form in which those of Python and JavaScript compare: integers as digits, arrays by shape and
 * bytes.
 */
function comparable(value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : `${value}n`;
  if (Buffer.isBuffer(value)) return value.toString('hex');
  if (ArrayBuffer.isView(value)) return array(value, [(value as Uint8Array).length]);
  if (Array.isArray(value)) return value.map(comparable);
  if (typeof value !== 'object' || value === null) return value;
  if ('data' in value && 'shape' in value) return array(value.data as ArrayBufferView, value.shape as number[]);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, comparable(inner)]));
}

function array(data: ArrayBufferView, shape: readonly number[]): unknown {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return { type: data.constructor.name, shape, bytes: bytes.toString('hex') };
}

// Keys that are bytes, in every form.
import { CSBTree, type OrderedKey, SkipList } from '@kohakuvault/ordered';
import { describe, expect, test } from 'vitest';
import { codeOf } from '../../../tools/testing/src/thrown.ts';
import { Float16 } from './support/float16.ts';

const MAPS = {
  'a CSBTree of numbers': () => new CSBTree<OrderedKey, number>(),
  'a CSBTree of all kinds': () => new CSBTree<OrderedKey, number>({ entries: [['a', 0]] }),
  'a SkipList': () => new SkipList<OrderedKey, number>(),
};

const memory = () => new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]).buffer;
/** An array whose own properties are wrong. */
class Lying extends Uint8Array {
  override get byteLength(): number {
    return 2 ** 40;
  }
  override get byteOffset(): number {
    return -1;
  }
  override get length(): number {
    return 3;
  }
  override get buffer(): ArrayBuffer {
    return new ArrayBuffer(0);
  }
}
const FORMS: [string, (bytes: ArrayBuffer) => unknown][] = [
  ['a Float16Array', (bytes) => new Float16(bytes)],
  ['a Float32Array', (bytes) => new Float32Array(bytes)],
  ['a BigInt64Array', (bytes) => new BigInt64Array(bytes)],
  ['a Uint8ClampedArray', (bytes) => new Uint8ClampedArray(bytes)],
  ['a DataView', (bytes) => new DataView(bytes)],
  ['an ArrayBuffer', (bytes) => bytes],
  ['a Buffer', (bytes) => Buffer.from(bytes)],
  ['a class of the user that lies', (bytes) => new Lying(bytes)],
];

describe.each(Object.entries(MAPS))('%s', (_map, make) => {
  test.each(FORMS)('accepts the bytes of %s', (_form, form) => {
    const map = make();
    const [first, second] = [memory(), memory()];
    new Uint8Array(second)[5] = 0;
    for (const wrap of [(key: unknown) => key as OrderedKey, (key: unknown) => [key, 'x'] as OrderedKey]) {
      map.set(wrap(form(first)), 1).set(wrap(form(second)), 2);
      expect([map.get(wrap(form(first))), map.get(wrap(form(second)))]).toEqual([1, 2]);
      expect(map.get(wrap(new Uint8Array(second)))).toBe(2);
      expect([...map.keys({ gte: wrap(form(second)), lte: wrap(form(first)) })]).toEqual([
        wrap(Buffer.from(second)),
        wrap(Buffer.from(first)),
      ]);
      expect(map.floor(wrap(form(first)))?.[1]).toBe(1);
      expect(map.delete(wrap(form(first)))).toBe(true);
      expect(map.has(wrap(form(first)))).toBe(false);
    }
  });

  const transferred = (bytes: ArrayBuffer) => structuredClone(bytes, { transfer: [bytes] });
  const shrunk = (make: (bytes: ArrayBuffer) => unknown) => {
    const bytes = Reflect.construct(ArrayBuffer, [8, { maxByteLength: 8 }]) as ArrayBuffer & {
      resize(to: number): void;
    };
    const view = make(bytes);
    bytes.resize(2);
    return view;
  };
  const gone = (form: (bytes: ArrayBuffer) => unknown) => {
    const bytes = memory();
    const view = form(bytes);
    transferred(bytes);
    return view;
  };
  test.each<[string, () => unknown]>([
    ['an array that was transferred', () => gone((bytes) => new Uint8Array(bytes))],
    ['a Float16Array that was', () => gone((bytes) => new Float16(bytes))],
    ['a DataView that was', () => gone((bytes) => new DataView(bytes))],
    ['an ArrayBuffer that was', () => gone((bytes) => bytes)],
    ['an array whose memory shrank', () => shrunk((bytes) => new Uint8Array(bytes, 4, 4))],
    ['a DataView whose memory shrank', () => shrunk((bytes) => new DataView(bytes, 4, 4))],
  ])('refuses the memory of %s, before anything changes', (_name, form) => {
    const map = make();
    map.set(Buffer.alloc(0), 1);
    const before = [...map];
    for (const key of [form(), [form()]] as OrderedKey[]) {
      for (const call of [
        () => map.set(key, 2),
        () => map.setDefault(key, 2),
        () => map.get(key),
        () => map.has(key),
        () => map.delete(key),
        () => map.floor(key),
        () => map.range({ lt: key }),
      ]) {
        expect(codeOf(call)).toBe('KV_INVALID_ARGUMENT');
      }
    }
    expect([...map]).toEqual(before);
  });

  test('accepts empty arrays, and shared bytes', () => {
    const map = make();
    const shared = new Uint8Array(new SharedArrayBuffer(2));
    map
      .set(new Float16(0) as never, 1)
      .set(new DataView(new ArrayBuffer(0)) as never, 2)
      .set(shared, 3);
    expect(map.get(Buffer.alloc(0))).toBe(2);
    shared[0] = 9;
    expect(map.get(Buffer.alloc(2))).toBe(3);
  });
});

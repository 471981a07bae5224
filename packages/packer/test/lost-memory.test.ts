import { DataPacker } from '@kohakuvault/packer';
import { beginsLikeHeader, decodeValue, encodeValue, Pickle, readHeader } from '@kohakuvault/packer/value';
import { describe, expect, test } from 'vitest';
import { thrownBy } from '../../../tools/testing/src/thrown.ts';
import { detached, resizable } from './support/memory.ts';

/** Memory that was taken away, in every form that a method accepts. */
function lost(): [string, ArrayBuffer | ArrayBufferView][] {
  const memory = (size = 16) => Uint8Array.from({ length: size }, (_, index) => index).buffer;
  const cut = resizable(64);
  const views = [new Uint8Array(cut, 8, 8), new DataView(cut, 8, 8), new Float32Array(cut, 8, 2)];
  const rest = new Uint8Array(cut, 32);
  cut.resize(4);
  return [
    ['an ArrayBuffer', detached(new Uint8Array(memory())).buffer],
    ['a Uint8Array', detached(new Uint8Array(memory()))],
    ['a Buffer', detached(Buffer.from(memory()))],
    ['a DataView', detached(new DataView(memory()))],
    ['a Float64Array', detached(new Float64Array(memory()))],
    ['a view of nothing', detached(new Uint8Array(memory(), 16))],
    ...views.map((view) => [`a ${view.constructor.name} that was cut off`, view] as [string, ArrayBufferView]),
    ['a view that tracks a length, cut off', rest],
  ];
}

describe('memory that was taken away is refused, not read as empty', () => {
  test.each(lost())('%s to unpack', (_, memory) => {
    for (const dtype of ['f64', 'bytes', 'bytes:4', 'str', 'msgpack', 'cbor', 'vec:f32', 'vec:f32:2'] as const) {
      const packer = new DataPacker(dtype);
      const calls = [
        () => packer.unpack(memory),
        () => packer.unpack(memory, 0, 0),
        () => packer.unpackMany(memory, { count: 0 }),
        () => packer.unpackMany(memory, { offsets: [0] }),
        () => packer.unpackMany(memory, { starts: [] }),
        () => new DataPacker('vec:f32:2').unpackTensor(memory, 0),
      ];
      for (const call of calls) {
        expect(thrownBy(call)).toMatchObject({
          code: 'KV_INVALID_ARGUMENT',
          message: expect.stringContaining('taken away'),
        });
      }
    }
    if (memory instanceof Uint8Array) {
      expect(thrownBy(() => decodeValue(memory)).message).toContain('taken away');
      expect(thrownBy(() => readHeader(memory)).message).toContain('taken away');
    }
  });

  test.each(lost())('%s to pack', (_, memory) => {
    const isView = ArrayBuffer.isView(memory);
    const refused = (call: () => unknown) => expect(thrownBy(call).code).toBe('KV_INVALID_ARGUMENT');
    for (const dtype of ['bytes', 'bytes:4', 'vec:u8', 'vec:f32', 'vec:f64:2', 'f64', 'u8'] as const) {
      const packer = new DataPacker(dtype);
      refused(() => packer.pack(memory));
      refused(() => packer.pack({ data: memory, shape: [0] } as never));
      refused(() => packer.packMany([memory]));
      refused(() => packer.packManyWithOffsets([memory]));
      refused(() => packer.packMany({ data: memory, shape: [0], stride: [1], offset: 0 } as never));
    }
    if (isView && !(memory instanceof DataView)) {
      for (const dtype of ['f64', 'u8'] as const) refused(() => new DataPacker(dtype).packMany(memory as Uint8Array));
    }
    for (const value of [memory, [memory], new Map([[memory, 1]]), new Pickle([memory])])
      refused(() => encodeValue(value));
    refused(() => encodeValue(memory, { autoPack: false }));
    if (memory instanceof Uint8Array) refused(() => new DataPacker('bytes').packInto(Buffer.alloc(0), memory));
  });

  test('empty views are not lost views', () => {
    const rest = resizable(8);
    for (const empty of [new Uint8Array(0), Buffer.alloc(0), new ArrayBuffer(0), new Uint8Array(rest, 8)]) {
      expect(new DataPacker('bytes').pack(empty)).toHaveLength(0);
      expect(new DataPacker('str').unpack(empty)).toBe('');
      expect(encodeValue(empty)).toHaveLength(0);
    }
    expect(decodeValue(new Uint8Array(0))).toEqual(Buffer.alloc(0));
    expect(new DataPacker('f64').packMany(new Float64Array(0))).toHaveLength(0);
    expect(new DataPacker('bytes').packMany([new Uint8Array(0), Buffer.from('a')])).toEqual(Buffer.from('a'));
  });

  test('a value that takes the target away or shrinks it is refused', () => {
    const packer = new DataPacker('msgpack');
    const target = resizable(64);
    const view = new Uint8Array(target);
    const taking = (then: () => void) => ({
      get value() {
        then();
        return 'some text';
      },
    });
    expect(
      thrownBy(() =>
        packer.packInto(
          taking(() => target.resize(4)),
          view,
        ),
      ).code,
    ).toBe('KV_INVALID_ARGUMENT');
    expect(
      thrownBy(() =>
        packer.packInto(
          taking(() => target.resize(4)),
          new Uint8Array(target, 2, 2),
        ),
      ).code,
    ).toBe('KV_INVALID_ARGUMENT');
    const other = new Uint8Array(64);
    expect(
      thrownBy(() =>
        packer.packInto(
          taking(() => detached(other)),
          other,
        ),
      ).code,
    ).toBe('KV_INVALID_ARGUMENT');
    expect(
      thrownBy(() =>
        packer.packInto(
          taking(() => {}),
          new Float64Array(9) as never,
        ),
      ).code,
    ).toBe('KV_INVALID_ARGUMENT');
    expect(thrownBy(() => packer.packInto(1, new Proxy(view, {}))).code).toBe('KV_INVALID_ARGUMENT');
  });
});

describe('only the memory of a view counts', () => {
  class Odd extends Uint8Array {
    override get length(): number {
      throw new Error('not to be called');
    }
    override get byteLength(): number {
      return 1_000;
    }
    override get byteOffset(): number {
      throw new Error('not to be called');
    }
    override get buffer(): never {
      throw new Error('not to be called');
    }
    override get [Symbol.toStringTag](): 'Uint8Array' {
      return 'Float64Array' as never;
    }
  }
  const odd = () => Odd.from([0x91, 1]) as Uint8Array;

  test('not its class', () => {
    const given = odd();
    expect(new DataPacker('msgpack').unpack(given)).toEqual([1]);
    expect(new DataPacker('bytes').pack(given)).toEqual(Buffer.from([0x91, 1]));
    expect(new DataPacker('bytes').packMany([given, given])).toEqual(Buffer.from([0x91, 1, 0x91, 1]));
    expect(new DataPacker('vec:u8').unpack(new DataPacker('vec:u8').pack(given)).data).toEqual(Uint8Array.of(0x91, 1));
    expect(encodeValue(given)).toEqual(Buffer.from([0x91, 1]));
    expect(decodeValue(encodeValue([given]))).toEqual([Uint8Array.of(0x91, 1)]);
    expect(beginsLikeHeader(given)).toBe(false);
    expect(new DataPacker('u8').packInto(7, given)).toBe(1);
    expect([...Uint8Array.prototype.slice.call(Object.setPrototypeOf(given, Uint8Array.prototype))]).toEqual([7, 1]);
    class Named extends Float32Array {
      override get [Symbol.toStringTag](): 'Float32Array' {
        return 'Uint8Array' as never;
      }
    }
    expect(decodeValue(encodeValue(Named.of(1, 2)))).toEqual(Float32Array.of(1, 2));
  });

  test('not its properties', () => {
    for (const length of [0, 1, 2 ** 40, -1, 'x']) {
      const given = Object.defineProperty(Buffer.from([0x91, 1]), 'length', { value: length });
      expect(new DataPacker('msgpack').unpack(given)).toEqual([1]);
      expect(new DataPacker('bytes').packMany([given])).toEqual(Buffer.from([0x91, 1]));
      expect(decodeValue(given)).toEqual(Buffer.from([0x91, 1]));
    }
    const memory = Object.defineProperty(new ArrayBuffer(2), 'byteLength', { value: 99 });
    expect(
      new DataPacker('bytes').pack(memory).length === 2 || thrownBy(() => new DataPacker('bytes').pack(memory)),
    ).toBe(true);
  });

  test('an object that looks like a view is not a view', () => {
    for (const fake of [
      Object.create(Buffer.prototype),
      Object.create(Uint8Array.prototype),
      new Proxy(Buffer.from('abc'), {}),
      Object.create(ArrayBuffer.prototype),
    ]) {
      expect(thrownBy(() => new DataPacker('bytes').unpack(fake)).code).toBe('KV_INVALID_ARGUMENT');
      expect(thrownBy(() => new DataPacker('bytes').pack(fake)).code).toBe('KV_INVALID_ARGUMENT');
      expect(thrownBy(() => new DataPacker('bytes').packMany([fake])).code).toBe('KV_INVALID_ARGUMENT');
      expect(thrownBy(() => decodeValue(fake)).code).toBe('KV_INVALID_ARGUMENT');
    }
  });

  test('shared memory is read as it is at that moment', () => {
    const shared = new Uint8Array(new SharedArrayBuffer(16)).fill(1);
    expect(new DataPacker('bytes').unpack(shared)).toEqual(Buffer.alloc(16, 1));
    expect(new DataPacker('bytes').pack(shared.buffer)).toEqual(Buffer.alloc(16, 1));
    const numbers = Float64Array.from(new Float64Array(shared.buffer));
    expect(new DataPacker('vec:f64:2').pack(new Float64Array(shared.buffer))).toEqual(
      new DataPacker('vec:f64:2').pack(numbers),
    );
    expect(new DataPacker('f32').packMany(Uint8Array.from(shared))).toEqual(new DataPacker('f32').packMany(shared));
    const packed = new DataPacker('vec:u8:3').packMany([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    const rows = new Uint8Array(new SharedArrayBuffer(packed.length));
    rows.set(packed);
    expect(new DataPacker('vec:u8:3').unpackTensor(rows, 2).data).toEqual(Uint8Array.of(1, 2, 3, 4, 5, 6));
  });
});

import { ElementCode, InvalidArgument, nativeCore } from '@kohakuvault/core-native/internal';
import { describe, expect, test } from 'vitest';

const { binding } = nativeCore();
const { f32, f64, u8 } = ElementCode;
const call = binding as unknown as Record<string, (...args: unknown[]) => unknown>;

function detached<V extends ArrayBufferView>(view: V): V {
  structuredClone(view.buffer, { transfer: [view.buffer as ArrayBuffer] });
  return view;
}

function refused(name: string, ...args: unknown[]): void {
  expect(() => call[name]?.(...args)).toThrow(InvalidArgument);
}

describe('the functions for many numbers fill a target as a whole, or refuse its size', () => {
  const rows = Uint8Array.of(5, 1, 2, 5, 3, 4);

  test('sizes that do not fit', () => {
    refused('copyBytes', new Uint8Array(3), new Uint8Array(4));
    refused('copyBytes', new Uint8Array(4), new Uint8Array(3));
    refused('castElements', f32, new Float32Array(3), f64, new Float64Array(4));
    refused('castElements', f32, new Float32Array(4), f64, new Float64Array(3));
    refused('castElements', f32, new Uint8Array(5), u8, new Uint8Array(1));
    refused('castElements', u8, new Uint8Array(1), f64, new Uint8Array(9));
    refused('castElements', 0, new Uint8Array(1), u8, new Uint8Array(1));
    refused('castElements', u8, new Uint8Array(1), 13, new Uint8Array(1));
    refused('frameRows', 5, new Uint8Array(4), 2, new Uint8Array(7));
    refused('frameRows', 5, new Uint8Array(5), 2, new Uint8Array(6));
    refused('frameRows', 5, new Uint8Array(4), 0, new Uint8Array(6));
    refused('frameRows', 5, new Uint8Array(4), Number.MAX_SAFE_INTEGER, new Uint8Array(6));
    refused('unframeRows', 5, rows, 2, new Uint8Array(5));
    refused('unframeRows', 5, rows, 3, new Uint8Array(4));
    refused('unframeRows', 5, rows, Number.MAX_SAFE_INTEGER, new Uint8Array(4));
  });

  test('detached memory', () => {
    refused('copyBytes', detached(new Uint8Array(4)), new Uint8Array(4));
    refused('copyBytes', new Uint8Array(4), detached(new Uint8Array(4)));
    refused('castElements', f32, detached(new Float32Array(4)), f64, new Float64Array(4));
    refused('frameRows', 5, detached(new Uint8Array(4)), 2, new Uint8Array(6));
    refused('unframeRows', 5, detached(rows.slice()), 2, new Uint8Array(4));
  });

  test('whatever they are given', () => {
    const odd = [undefined, null, 1, -1, 1.5, Number.NaN, 2 ** 40, 1n, 'a', Symbol('s'), {}, [], new ArrayBuffer(8)];
    const views = [new DataView(new ArrayBuffer(8)), new Proxy(new Uint8Array(8), {}), new BigInt64Array(1)];
    const names = ['copyBytes', 'castElements', 'frameRows', 'unframeRows'];
    const statistics = ['numberSummary', 'numberCounts', 'numberOfKey', 'numberBins', 'numberFind', 'numberBuckets'];
    for (const name of [...names, ...statistics, 'numberTriangles']) {
      for (const first of [...odd, ...views, new Uint8Array(8)]) {
        for (const second of [...odd, ...views]) {
          for (const args of [
            [first, second],
            [5, first, second, new Uint8Array(9)],
            [5, first, 2, second],
            [first, second, 8, second],
            [],
          ]) {
            try {
              call[name]?.(...args);
            } catch (error) {
              expect(error).toBeInstanceOf(InvalidArgument);
            }
          }
        }
      }
    }
  });

  test('one memory as source and target', () => {
    const memory = new Float64Array(4).fill(1.5);
    const bytes = new Uint8Array(memory.buffer);
    binding.copyBytes(bytes.subarray(0, 16), bytes.subarray(8, 24));
    expect([...memory]).toEqual([1.5, 1.5, 1.5, 1.5]);
    const [doubles, singles] = [new Float64Array(memory.buffer, 0, 2), new Float32Array(memory.buffer, 8, 2)];
    expect(binding.castElements(f64, doubles, f32, singles)).toBe(-1);
    expect([...new Float32Array(memory.buffer, 8, 2)]).toEqual([1.5, 1.5]);
  });
});

import { KeyStep, nativeCore } from '@kohakuvault/core-native/internal';
import type { ElementInfo } from '@kohakuvault/packer';
import type { NumberSource } from './number-source.ts';

/** The most prefixes whose counts are in memory at once: half a MiB each. */
const PREFIXES_AT_ONCE = 16;

/** A rank that is looked for among the numbers whose keys begin in one way. */
interface Place {
  /** The rank among all numbers. */
  readonly rank: number;
  /** How many of the numbers that begin so come before it. */
  before: number;
}

/**
 * Finds the numbers of some ranks. The keys of numbers are integers in the same order. Each step counts how many keys
 * continue in which way after what is known of them, which tells the next bits of the key of each rank. `ranksOf` gets
 * the number of values that are not NaN.
 */
export function numbersOfRanks(
  source: NumberSource,
  element: ElementInfo,
  range: [number, number],
  ranksOf: (count: number) => readonly number[],
): { count: number; numbers: ReadonlyMap<number, number | bigint> } {
  const keyBits = keyBitsOf(element);
  const step = Math.min(KeyStep.bits, keyBits);
  const [first] = countNext(source, element, range, [0], 0) as [Float64Array];
  const count = first.reduce((sum, some) => sum + some, 0);
  const places = count === 0 ? [] : ranksOf(count).map((rank) => ({ rank, before: rank }));
  let found = advance([[0, places]], [first], step);
  for (let known = step; known < keyBits; known += KeyStep.bits) {
    const next: [number | bigint, Place[]][] = [];
    for (let at = 0; at < found.length; at += PREFIXES_AT_ONCE) {
      const some = found.slice(at, at + PREFIXES_AT_ONCE);
      const counts = countNext(
        source,
        element,
        range,
        some.map(([prefix]) => Number(prefix)),
        known,
      );
      next.push(...advance(some, counts, KeyStep.bits));
    }
    found = next;
  }
  const numbers = new Map<number, number | bigint>();
  for (const [key, some] of found) for (const { rank } of some) numbers.set(rank, numberOf(element, BigInt(key)));
  return { count, numbers };
}

/** Returns the bits of a key. Those of 16-bit floats are the keys of the 32-bit floats that they equal. */
function keyBitsOf({ type, size }: ElementInfo): number {
  return type === 'f16' ? 32 : 8 * size;
}

/** Counts how the keys with each of the prefixes continue. */
function countNext(
  source: NumberSource,
  element: ElementInfo,
  range: [number, number],
  prefixes: readonly number[],
  known: number,
): Float64Array[] {
  const { binding } = nativeCore();
  const counts = prefixes.map(() => new Float64Array(2 ** Math.min(KeyStep.bits, keyBitsOf(element) - known)));
  source.visit(...range, (bytes) => {
    for (const [nth, prefix] of prefixes.entries()) {
      binding.numberCounts(element.code, bytes, prefix, known, counts[nth] as Float64Array);
    }
    return true;
  });
  return counts;
}

/** Returns the longer prefixes of the keys with the ranks that are looked for. */
function advance(
  found: readonly (readonly [number | bigint, readonly Place[]])[],
  counts: readonly Float64Array[],
  bits: number,
): [number | bigint, Place[]][] {
  const longer = new Map<bigint, Place[]>();
  for (const [nth, [prefix, places]] of found.entries()) {
    const ascending = [...places].sort((a, b) => a.before - b.before);
    let [next, passed] = [0, 0];
    const some = counts[nth] as Float64Array;
    for (const place of ascending) {
      while (next < some.length - 1 && passed + (some[next] as number) <= place.before)
        passed += some[next++] as number;
      const key = (BigInt(prefix) << BigInt(bits)) | BigInt(next);
      const others = longer.get(key) ?? [];
      others.push({ rank: place.rank, before: place.before - passed });
      longer.set(key, others);
    }
  }
  return [...longer];
}

function numberOf({ code, type }: ElementInfo, key: bigint): number | bigint {
  const target = new Float64Array(1);
  nativeCore().binding.numberOfKey(code, BigInt.asIntN(64, key), target);
  if (type === 'i64') return new BigInt64Array(target.buffer)[0] as bigint;
  return type === 'u64' ? (new BigUint64Array(target.buffer)[0] as bigint) : (target[0] as number);
}

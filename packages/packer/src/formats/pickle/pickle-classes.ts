import { Malformed } from '../../errors/codec-errors.ts';
import { arrayOf, NumpyArray, NumpyType, scalarOf } from './pickle-numpy.ts';

/** What a name in a pickle stands for: given its arguments, it makes a value. Copies are paid for with `spend`. */
export type Reduction = (args: readonly unknown[], spend: (amount: number) => void) => unknown;

const REDUCTIONS = new Map<string, Reduction>();

// Protocol 2 uses the names of Python 2.
for (const builtins of ['builtins', '__builtin__']) {
  REDUCTIONS.set(`${builtins}.set`, setOf);
  REDUCTIONS.set(`${builtins}.frozenset`, setOf);
  REDUCTIONS.set(`${builtins}.bytearray`, bytesOf);
  REDUCTIONS.set(`${builtins}.bytes`, bytesOf);
}
REDUCTIONS.set('_codecs.encode', bytesOf);
REDUCTIONS.set('numpy.dtype', ([name]) => new NumpyType(name));
REDUCTIONS.set('numpy.ndarray', () => {
  throw new Malformed('it is a pickle that makes a numpy array in a way that numpy does not');
});
// numpy 1 and numpy 2 keep their functions in different places.
for (const core of ['numpy.core', 'numpy._core']) {
  REDUCTIONS.set(`${core}.multiarray._reconstruct`, () => new NumpyArray());
  REDUCTIONS.set(`${core}.multiarray.scalar`, ([type, bytes]) => scalarOf(type, bytes));
  REDUCTIONS.set(`${core}.numeric._frombuffer`, ([bytes, type, shape, order], spend) => {
    if (bytes instanceof Uint8Array) spend(bytes.length);
    return arrayOf(bytes, type, shape, order === 'F');
  });
}

export function reductionOf(name: string): Reduction | undefined {
  return REDUCTIONS.get(name);
}

/** `set([1, 2])` */
function setOf([items = []]: readonly unknown[], spend: (amount: number) => void): Set<unknown> {
  if (!Array.isArray(items)) throw new Malformed('it is a pickle that makes a set of no list');
  spend(items.length);
  return new Set(items);
}

/** `bytes()`, `bytearray(b'ab')`, and in protocol 2 `encode('ab', 'latin1')`, whose characters are the bytes. */
function bytesOf([source = '']: readonly unknown[], spend: (amount: number) => void): Buffer {
  if (source instanceof Uint8Array) {
    spend(source.length);
    return Buffer.from(source);
  }
  if (typeof source !== 'string') throw new Malformed(`it is a pickle that makes bytes of ${typeof source}`);
  spend(source.length);
  return Buffer.from(source, 'latin1');
}

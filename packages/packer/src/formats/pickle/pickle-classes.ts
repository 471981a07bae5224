import { DecodeError } from '../../errors/decode-error.ts';
import { arrayOf, NumpyArray, NumpyType, scalarOf } from './pickle-numpy.ts';

/** Creates the value of a call in a pickle from the arguments. `spend` accounts for the size of copies. */
export type Reduction = (args: readonly unknown[], spend: (amount: number) => void) => unknown;

const REDUCTIONS = new Map<string, Reduction>();

// Protocol 2 uses the module names of Python 2.
for (const builtins of ['builtins', '__builtin__']) {
  REDUCTIONS.set(`${builtins}.set`, makeSet);
  REDUCTIONS.set(`${builtins}.frozenset`, makeSet);
  REDUCTIONS.set(`${builtins}.bytearray`, makeBytes);
  REDUCTIONS.set(`${builtins}.bytes`, makeBytes);
}
REDUCTIONS.set('_codecs.encode', makeBytes);
REDUCTIONS.set('numpy.dtype', ([name]) => new NumpyType(name));
REDUCTIONS.set('numpy.ndarray', () => {
  throw new DecodeError('the pickle creates a numpy array in another way than numpy does');
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

/** Returns the function for a qualified name; undefined if the name is not allowed. */
export function reductionOf(name: string): Reduction | undefined {
  return REDUCTIONS.get(name);
}

/** Creates the set of `set([1, 2])`. */
function makeSet([items = []]: readonly unknown[], spend: (amount: number) => void): Set<unknown> {
  if (!Array.isArray(items)) throw new DecodeError('the pickle creates a set from a value that is not a list');
  spend(items.length);
  return new Set(items);
}

/** Creates the bytes of `bytes()`, `bytearray(b'ab')`, and in protocol 2 `encode('ab', 'latin1')`. */
function makeBytes([source = '']: readonly unknown[], spend: (amount: number) => void): Buffer {
  if (source instanceof Uint8Array) {
    spend(source.length);
    return Buffer.from(source);
  }
  if (typeof source !== 'string')
    throw new DecodeError(`the pickle creates bytes from a value of type ${typeof source}`);
  spend(source.length);
  return Buffer.from(source, 'latin1');
}

import { DecodeError, unreadPickle } from '../../errors/decode-error.ts';
import { reductionOf } from './pickle-classes.ts';
import { NumpyArray, NumpyType } from './pickle-numpy.ts';
import { Opcode } from './pickle-opcodes.ts';
import { PickleSource } from './pickle-source.ts';
import { PickleStack } from './pickle-stack.ts';
import { decodeSurrogates } from './pickle-text.ts';

/** The most characters of a class name that a message shows. */
const LONGEST_NAME = 100;

/** A dict while its pickle is read. Its keys decide later whether it becomes an object or a Map. */
export class PythonDict {
  readonly entries: [unknown, unknown][] = [];
}

/** A class or function that a pickle names. Only those of `pickle-classes.ts` are allowed. */
export class PythonGlobal {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/**
 * Python's pickle machine, as far as plain data and numpy arrays need it. It runs no code of Python: the few functions
 * that such pickles call have counterparts here, and every other name is refused.
 */
export class PickleMachine {
  readonly #source: PickleSource;
  readonly #stack = new PickleStack();
  readonly #memo = new Map<number, unknown>();
  /** The bytes and elements that functions may still copy: a pickle must not copy the same data without end. */
  #budget: number;

  constructor(bytes: Buffer) {
    this.#source = new PickleSource(bytes);
    this.#budget = bytes.length;
  }

  run(): unknown {
    for (;;) {
      const code = this.#source.uint8();
      if (code === Opcode.STOP) return this.#stack.pop();
      this.#execute(code);
    }
  }

  #execute(code: number): void {
    switch (code) {
      case Opcode.PROTO: {
        const protocol = this.#source.uint8();
        if (protocol > 5) throw new DecodeError(`the pickle has protocol ${protocol}; up to 5 are supported`);
        break;
      }
      case Opcode.FRAME:
        this.#source.read(8);
        break;
      case Opcode.MARK:
        this.#stack.mark();
        break;
      case Opcode.POP:
        this.#stack.pop();
        break;
      case Opcode.POP_MARK:
        this.#stack.popToMark();
        break;
      case Opcode.DUP:
        this.#stack.push(this.#stack.top());
        break;
      case Opcode.NONE:
        this.#stack.push(null);
        break;
      case Opcode.NEWTRUE:
        this.#stack.push(true);
        break;
      case Opcode.NEWFALSE:
        this.#stack.push(false);
        break;
      case Opcode.BININT:
        this.#stack.push(this.#source.read(4).readInt32LE());
        break;
      case Opcode.BININT1:
        this.#stack.push(this.#source.uint8());
        break;
      case Opcode.BININT2:
        this.#stack.push(this.#source.read(2).readUInt16LE());
        break;
      case Opcode.LONG1:
        this.#stack.push(integerOf(this.#source.read(this.#source.uint8())));
        break;
      case Opcode.LONG4:
        this.#stack.push(integerOf(this.#source.read(this.#source.uint32())));
        break;
      case Opcode.BINFLOAT:
        this.#stack.push(this.#source.read(8).readDoubleBE());
        break;
      case Opcode.SHORT_BINUNICODE:
        this.#stack.push(decodeSurrogates(this.#source.read(this.#source.uint8())));
        break;
      case Opcode.BINUNICODE:
        this.#stack.push(decodeSurrogates(this.#source.read(this.#source.uint32())));
        break;
      case Opcode.BINUNICODE8:
        this.#stack.push(decodeSurrogates(this.#source.read(this.#source.length8())));
        break;
      case Opcode.SHORT_BINBYTES:
        this.#stack.push(Buffer.from(this.#source.read(this.#source.uint8())));
        break;
      case Opcode.BINBYTES:
        this.#stack.push(Buffer.from(this.#source.read(this.#source.uint32())));
        break;
      case Opcode.BINBYTES8:
      case Opcode.BYTEARRAY8:
        this.#stack.push(Buffer.from(this.#source.read(this.#source.length8())));
        break;
      case Opcode.READONLY_BUFFER:
        break;
      default:
        this.#executeOnObjects(code);
    }
  }

  #executeOnObjects(code: number): void {
    switch (code) {
      case Opcode.EMPTY_TUPLE:
      case Opcode.EMPTY_LIST:
        this.#stack.push([]);
        break;
      case Opcode.TUPLE:
        this.#stack.push(this.#stack.popToMark());
        break;
      case Opcode.TUPLE1:
        this.#stack.push([this.#stack.pop()]);
        break;
      case Opcode.TUPLE2:
      case Opcode.TUPLE3: {
        const last = code === Opcode.TUPLE3 ? [this.#stack.pop()] : [];
        const second = this.#stack.pop();
        this.#stack.push([this.#stack.pop(), second, ...last]);
        break;
      }
      case Opcode.APPEND:
        this.#extendList([this.#stack.pop()]);
        break;
      case Opcode.APPENDS:
        this.#extendList(this.#stack.popToMark());
        break;
      case Opcode.EMPTY_DICT:
        this.#stack.push(new PythonDict());
        break;
      case Opcode.SETITEM: {
        const value = this.#stack.pop();
        this.#extendDict([this.#stack.pop(), value]);
        break;
      }
      case Opcode.SETITEMS:
        this.#extendDict(this.#stack.popToMark());
        break;
      case Opcode.EMPTY_SET:
        this.#stack.push(new Set());
        break;
      case Opcode.ADDITEMS:
        this.#extendSet(this.#stack.popToMark());
        break;
      case Opcode.FROZENSET:
        this.#stack.push(new Set(this.#stack.popToMark()));
        break;
      case Opcode.MEMOIZE:
        this.#remember(this.#memo.size);
        break;
      case Opcode.BINPUT:
        this.#remember(this.#source.uint8());
        break;
      case Opcode.LONG_BINPUT:
        this.#remember(this.#source.uint32());
        break;
      case Opcode.BINGET:
        this.#recall(this.#source.uint8());
        break;
      case Opcode.LONG_BINGET:
        this.#recall(this.#source.uint32());
        break;
      case Opcode.GLOBAL: {
        const module = this.#source.line();
        this.#pushGlobal(module, this.#source.line());
        break;
      }
      case Opcode.STACK_GLOBAL: {
        const name = this.#stack.pop();
        this.#pushGlobal(this.#stack.pop(), name);
        break;
      }
      case Opcode.REDUCE:
        this.#reduce();
        break;
      case Opcode.BUILD:
        this.#build();
        break;
      default:
        throw new DecodeError(
          `the pickle's operation ${code} at byte ${this.#source.position - 1} is not supported in plain data`,
        );
    }
  }

  #extendList(items: unknown[]): void {
    const list = this.#stack.top();
    if (!Array.isArray(list)) throw this.#wrong('a list');
    // Not `push(...items)`: the number of arguments is limited.
    for (const item of items) list.push(item);
  }

  #extendDict(flat: unknown[]): void {
    const dict = this.#stack.top();
    if (!(dict instanceof PythonDict) || flat.length % 2) throw this.#wrong('a dict and its entries');
    for (let index = 0; index < flat.length; index += 2) dict.entries.push([flat[index], flat[index + 1]]);
  }

  #extendSet(items: unknown[]): void {
    const set = this.#stack.top();
    if (!(set instanceof Set)) throw this.#wrong('a set');
    for (const item of items) set.add(item);
  }

  /** Pushes a class or function. Refuses a name that is not allowed here, so that the message contains it. */
  #pushGlobal(module: unknown, name: unknown): void {
    // Not `String(module)`: it would also convert a list of any length and depth.
    if (typeof module !== 'string' || typeof name !== 'string') throw this.#wrong('the name of a class');
    const full = `${module}.${name}`;
    if (!reductionOf(full)) {
      throw unreadPickle(
        `the pickle contains ${full.slice(0, LONGEST_NAME)}, which is not read because that would run its code; ` +
          'only None, bool, int, float, str, bytes, list, tuple, dict, set and numpy arrays are read',
      );
    }
    this.#stack.push(new PythonGlobal(full));
  }

  #reduce(): void {
    const args = this.#stack.pop();
    const callable = this.#stack.pop();
    const reduction = callable instanceof PythonGlobal ? reductionOf(callable.name) : undefined;
    if (!reduction || !Array.isArray(args)) throw this.#wrong('a call');
    this.#stack.push(reduction(args, (amount) => this.#spend(amount)));
  }

  #build(): void {
    const state = this.#stack.pop();
    const target = this.#stack.top();
    if (target instanceof NumpyArray) {
      if (Array.isArray(state) && state[4] instanceof Uint8Array) this.#spend(state[4].length);
      target.setState(state);
    } else if (target instanceof NumpyType) {
      target.setState(state);
    } else {
      throw this.#wrong('a numpy array to set the state of');
    }
  }

  #spend(amount: number): void {
    this.#budget -= amount;
    if (this.#budget < 0) throw new DecodeError('the pickle copies the same data too many times');
  }

  #remember(place: number): void {
    this.#memo.set(place, this.#stack.top());
  }

  #recall(place: number): void {
    if (!this.#memo.has(place)) throw new DecodeError(`the pickle refers to unknown object ${place}`);
    this.#stack.push(this.#memo.get(place));
  }

  #wrong(expected: string): DecodeError {
    return new DecodeError(`expected ${expected} on the pickle's stack at byte ${this.#source.position - 1}`);
  }
}

/** Decodes a little-endian integer in two's complement. Zero bytes are 0. */
function integerOf(bytes: Buffer): number | bigint {
  if (bytes.length === 0) return 0;
  if (bytes.length <= 6) return bytes.readIntLE(0, bytes.length);
  try {
    const value = BigInt.asIntN(bytes.length * 8, BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`));
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  } catch (cause) {
    throw new DecodeError(`an integer of ${bytes.length} bytes is larger than this runtime supports`, { cause });
  }
}

import { DecodeError } from '../../errors/decode-error.ts';

const MARK = Symbol('mark');

/** The stack of a pickle machine. Marks on it begin groups of values. */
export class PickleStack {
  readonly #values: unknown[] = [];

  mark(): void {
    this.#values.push(MARK);
  }

  push(value: unknown): void {
    this.#values.push(value);
  }

  pop(): unknown {
    const value = this.top();
    this.#values.pop();
    return value;
  }

  top(): unknown {
    const { length } = this.#values;
    const value = this.#values[length - 1];
    if (length === 0 || value === MARK) throw new DecodeError("expected a value on the pickle's stack");
    return value;
  }

  /** Removes the last mark and the values behind it, and returns the values. */
  popToMark(): unknown[] {
    const mark = this.#values.lastIndexOf(MARK);
    if (mark < 0) throw new DecodeError("expected a mark on the pickle's stack");
    const group = this.#values.splice(mark);
    group.shift();
    return group;
  }
}

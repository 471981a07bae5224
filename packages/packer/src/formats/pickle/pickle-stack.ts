import { Malformed } from '../../errors/codec-errors.ts';

const MARK = Symbol('mark');

/** The stack of a pickle machine, on which marks show where a group of values begins. */
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
    if (length === 0 || value === MARK) throw new Malformed("the pickle's stack has no value where one is needed");
    return value;
  }

  /** The values since the last mark, which goes with them. */
  popToMark(): unknown[] {
    const mark = this.#values.lastIndexOf(MARK);
    if (mark < 0) throw new Malformed("the pickle's stack has no mark where one is needed");
    const group = this.#values.splice(mark);
    group.shift();
    return group;
  }
}

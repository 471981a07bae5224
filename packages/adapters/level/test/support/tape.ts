// The suite of abstract-level is written for tape. This gives it what it uses of that, over vitest.
import assert from 'node:assert/strict';
import { test } from 'vitest';

type Body = (t: Tape) => unknown;

/** The assertions of one test. A test ends when its promise does, by `end`, or after as many as it has planned. */
class Tape {
  #planned: number | undefined;
  #count = 0;
  #finish: (error?: unknown) => void = () => {};
  readonly ended: Promise<void>;

  constructor() {
    this.ended = new Promise((resolve, reject) => {
      this.#finish = (error) => (error === undefined ? resolve() : reject(error));
    });
    // Those who wait for the body see it too.
    this.ended.catch(() => {});
  }

  get isComplete(): boolean {
    return this.#planned === undefined || this.#count === this.#planned;
  }

  get state(): string {
    return `${this.#count} of ${this.#planned} assertions`;
  }

  plan(count: number): void {
    this.#planned = count;
  }

  end(error?: unknown): void {
    this.#finish(error ?? undefined);
  }

  pass(): void {
    this.#check(() => {});
  }

  fail(message?: unknown): void {
    this.#check(() => assert.fail(message instanceof Error ? message : String(message)));
  }

  ok(value: unknown, message?: string): void {
    this.#check(() => assert.ok(value, message));
  }

  is(actual: unknown, expected: unknown, message?: string): void {
    this.#check(() => assert.strictEqual(actual, expected, message));
  }

  isNot(actual: unknown, expected: unknown, message?: string): void {
    this.#check(() => assert.notStrictEqual(actual, expected, message));
  }

  same(actual: unknown, expected: unknown, message?: string): void {
    this.#check(() => assert.deepEqual(actual, expected, message));
  }

  throws(body: () => void, accepts: (error: unknown) => boolean): void {
    this.#check(() => assert.throws(body, accepts));
  }

  doesNotThrow(body: () => void): void {
    this.#check(() => assert.doesNotThrow(body));
  }

  #check(check: () => void): void {
    this.#count++;
    try {
      check();
    } catch (error) {
      this.#finish(error);
      throw error;
    }
    if (this.#count === this.#planned) this.#finish();
  }
}

/** tape's `test`. Returns how many tests were registered by `tape.count`. */
export function tape(name: string, body: Body): void {
  tape.count++;
  test(name, async () => {
    const t = new Tape();
    const result = body(t);
    if (result instanceof Promise) {
      await result;
      // Assertions in events may come after the promise.
      if (!t.isComplete) await t.ended;
    } else {
      await t.ended;
    }
    assert.ok(t.isComplete, `the test made ${t.state}`);
  });
}
tape.count = 0;

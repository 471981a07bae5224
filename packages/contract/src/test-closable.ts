import assert from 'node:assert/strict';
import { assertCode } from './harness/outcomes.ts';
import type { Runner } from './harness/vault-kind.ts';

/** Something that closes, and is used no more afterwards. */
export interface Closable extends Disposable {
  close(): void;
}

/** A kind of thing that closes, as the contract sees it. */
export interface ClosableKind<T extends Closable> {
  /** The name of the kind in the names of the tests. */
  readonly name: string;
  open(): T;
  /** Calls that work before `close`, and are refused afterwards, by name. */
  readonly uses: Readonly<Record<string, (opened: T) => unknown>>;
}

/** Registers the part of the contract that holds for everything that closes, also if it is not a vault. */
export function testClosable<T extends Closable>({ name, open, uses }: ClosableKind<T>, runner: Runner): void {
  const assertClosed = (opened: T) => {
    for (const [use, call] of Object.entries(uses)) assertCode('KV_CLOSED', () => call(opened), use);
  };
  runner.describe(`${name}: closing`, () => {
    runner.test('makes every later call KV_CLOSED', () => {
      const opened = open();
      for (const call of Object.values(uses)) call(opened);
      opened.close();
      assertClosed(opened);
    });

    runner.test('twice does what closing once does', () => {
      const opened = open();
      opened.close();
      opened.close();
      opened[Symbol.dispose]();
      assertClosed(opened);
    });

    runner.test('happens at the end of `using`', () => {
      let kept: T | undefined;
      {
        using opened = open();
        kept = opened;
      }
      assertClosed(kept);
    });

    runner.test('of one leaves others open', () => {
      const [one, other] = [open(), open()];
      one.close();
      for (const [use, call] of Object.entries(uses)) assert.doesNotThrow(() => call(other), use);
      other.close();
    });
  });
}

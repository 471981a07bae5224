// Compares maps with models while getters in keys, values and ranges, iterables and comparators call back at random:
// they read, change, empty, close and throw. KOHAKUVAULT_LONG=1 runs many more rounds; KOHAKUVAULT_SEED=n repeats a
// run.
import { CSBTree, type KeyRange, KohakuVaultError, type OrderedKey, SkipList } from '@kohakuvault/ordered';
import { expect, test } from 'vitest';
import { compareKeys, Model } from './support/model.ts';

type Map = CSBTree<OrderedKey, unknown> | SkipList<OrderedKey, unknown>;
type Kind = 'tree' | 'compared' | 'list';

interface Subject {
  kind: Kind;
  map: Map;
  model: Model;
  isClosed: boolean;
  /** The number of comparisons that are running. Meanwhile the map must not be changed. */
  comparing: number;
}

/** A call, and the result that the model expects. */
type Step = [act: () => unknown, expected: () => unknown];

class Mine extends Error {}

const DEEPEST = 3;
const STEPS = process.env.KOHAKUVAULT_LONG ? 20_000 : 400;
const ROUNDS = process.env.KOHAKUVAULT_LONG ? 30 : 12;

class Player {
  #state: number;
  #depth = 0;
  readonly #subjects: Subject[];

  constructor(seed: number) {
    this.#state = seed;
    this.#subjects = (['tree', 'tree', 'compared', 'list', 'list'] as const).map((kind) => this.#make(kind));
  }

  play(): void {
    for (let step = 0; step < STEPS; step++) this.#step();
    // From here on, nothing calls back.
    this.#depth = DEEPEST;
    for (const { map, model } of this.#subjects) {
      expect([...map]).toEqual(model.entries);
      expect(map.range({ reverse: true })).toEqual(model.range({ reverse: true }));
      expect(map.size).toBe(model.entries.length);
    }
  }

  #below(end: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % end;
  }

  #one<T>(of: readonly T[]): T {
    return of[this.#below(of.length)] as T;
  }

  #make(kind: Kind): Subject {
    const order = 3 + this.#below(4);
    const subject: Subject = { kind, model: new Model(), isClosed: false, comparing: 0, map: undefined as never };
    const compare = (a: OrderedKey, b: OrderedKey) => {
      subject.comparing++;
      try {
        if (this.#below(8) === 0) this.#callBack();
        return compareKeys(a, b);
      } finally {
        subject.comparing--;
      }
    };
    if (kind === 'list') subject.map = new SkipList();
    else subject.map = new CSBTree<OrderedKey, unknown>(kind === 'compared' ? { order, compare } : { order });
    return subject;
  }

  /** Does what a getter or a comparator does before it returns. */
  #callBack(): void {
    if (this.#depth >= DEEPEST) return;
    this.#depth++;
    try {
      if (this.#below(12) === 0) throw new Mine();
      for (let steps = this.#below(3); steps > 0; steps--) this.#step();
    } finally {
      this.#depth--;
    }
  }

  #plainKey(): OrderedKey {
    const number = this.#below(30);
    return this.#one<() => OrderedKey>([
      () => number,
      () => number,
      () => BigInt(number),
      () => `key ${number}`,
      () => Buffer.from([number]),
      () => [number % 5, `x${number}`],
      () => [Buffer.from([number % 3]), [number % 2]],
    ])();
  }

  /** Returns a key, and what to pass for it: perhaps an array whose elements are getters. */
  #key(subject: Subject): [key: OrderedKey, given: OrderedKey] {
    const key = subject.kind === 'compared' ? this.#below(60) : this.#plainKey();
    if (!Array.isArray(key)) return [key, key];
    const given = key.map(() => 0);
    key.forEach((element, position) => {
      Object.defineProperty(given, position, {
        enumerable: true,
        get: () => {
          if (this.#below(2) === 0) this.#callBack();
          return element;
        },
      });
    });
    return [key, given];
  }

  #value(subject: Subject): [value: unknown, given: unknown] {
    const number = this.#below(1000);
    if (subject.kind !== 'list') return [number, number];
    const callBack = () => this.#callBack();
    return this.#one<() => [unknown, unknown]>([
      () => [number, number],
      () => [
        { number },
        {
          get number() {
            callBack();
            return number;
          },
        },
      ],
      () => ['long '.repeat(number * 3), 'long '.repeat(number * 3)],
    ])();
  }

  /** Does something with a map, and the same with its model after the call has returned. */
  #step(): void {
    const index = this.#below(this.#subjects.length);
    const subject = this.#subjects[index] as Subject;
    const { map, model } = subject;
    const [key, given] = this.#key(subject);
    const [value, givenValue] = this.#value(subject);
    const put = () => model.insert(key, value);
    const reads: Step[] = [
      [() => map.get(given, 'none'), () => (model.has(key) ? model.get(key) : 'none')],
      [() => map.has(given), () => model.has(key)],
      [() => map.floor(given), () => model.range({ lte: key, reverse: true })[0]],
      [() => map.ceiling(given), () => model.range({ gte: key })[0]],
      this.#range(subject),
    ];
    const changes: Step[] = [
      [() => map.set(given, givenValue) === map, () => [put()].length === 1],
      [() => map.insert(given, givenValue), put],
      [() => map.setDefault(given, givenValue), () => (model.has(key) || put() ? model.get(key) : value)],
      [() => map.remove(given), () => model.remove(key)],
      [() => map.delete(given), () => [model.has(key), model.remove(key)][0]],
    ];
    const dice = this.#below(120);
    if (dice === 0) this.#close(subject, index);
    else if (dice < 3) this.#change(subject, [() => map.clear(), () => model.clear()]);
    else if (dice < 12) this.#update(subject);
    else if (dice < 50) this.#try(subject, this.#one(reads));
    else this.#change(subject, this.#one(changes));
  }

  #range(subject: Subject): Step {
    const { map, model } = subject;
    const [lower, givenLower] = this.#key(subject);
    const [upper, givenUpper] = this.#key(subject);
    const limit = this.#below(20);
    const reverse = this.#below(2) === 0;
    const callBack = () => this.#below(3) === 0 && this.#callBack();
    const range: KeyRange<OrderedKey> = { gt: lower, lte: upper, reverse, limit };
    const given = {
      ...{ gt: givenLower, lte: givenUpper, reverse },
      get limit() {
        callBack();
        return limit;
      },
    };
    return this.#one<Step>([
      [() => map.range(given), () => model.range(range)],
      [() => [...map.values(given)], () => model.range(range).map((entry) => entry[1])],
    ]);
  }

  #update(subject: Subject): void {
    const { map, model } = subject;
    const pairs = Array.from({ length: 1 + this.#below(4) }, () => [this.#key(subject), this.#value(subject)] as const);
    const callBack = () => this.#callBack();
    function* entries(): Generator<[OrderedKey, unknown]> {
      for (const [[key, given], [value, givenValue]] of pairs) {
        yield [given, givenValue];
        // The entry has been added by now.
        model.insert(key, value);
        callBack();
      }
    }
    this.#change(subject, [() => map.update(entries()) === map, () => true]);
  }

  #close(subject: Subject, index: number): void {
    this.#change(subject, [() => subject.map.close(), () => undefined]);
    if (subject.comparing > 0) return;
    subject.isClosed = true;
    this.#subjects[index] = this.#make(subject.kind);
  }

  #change(subject: Subject, step: Step): void {
    const isRefused = subject.comparing > 0;
    const returned = this.#try(subject, step);
    if (isRefused) expect(returned).toBe(false);
  }

  /**
   * Whether the call returned. It may throw a callback's error, or that the map is closed or must not be changed now.
   */
  #try(subject: Subject, [act, expected]: Step): boolean {
    let got: unknown;
    try {
      got = act();
    } catch (error) {
      if (error instanceof Mine) return false;
      if (!(error instanceof KohakuVaultError)) throw error;
      expect(error.code).toBe(subject.isClosed ? 'KV_CLOSED' : subject.comparing > 0 ? 'KV_INVALID_ARGUMENT' : 'none');
      return false;
    }
    expect(got).toEqual(expected());
    return true;
  }
}

test('maps equal their models whatever calls back, and a call that throws changes nothing', () => {
  const first = Number(process.env.KOHAKUVAULT_SEED ?? Date.now() % 2 ** 31);
  for (let round = 0; round < ROUNDS; round++) {
    const seed = first + round;
    try {
      new Player(seed).play();
    } catch (error) {
      throw new Error(`KOHAKUVAULT_SEED=${seed}: ${error instanceof Error ? error.stack : error}`, { cause: error });
    }
  }
});

// Takes vitest's place where vitest does not run: the functions that the tests of this repository use. The matchers
// and spies are vitest's own. `run-file.js` runs what is registered here.

import { format } from 'node:util';
import {
  ASYMMETRIC_MATCHERS_OBJECT,
  customMatchers,
  JestAsymmetricMatchers,
  JestChaiExpect,
  JestExtend,
  setState,
} from '@vitest/expect';
import { restoreAllMocks, spyOn } from '@vitest/spy';
import * as chai from 'chai';

for (const plugin of [JestExtend, JestChaiExpect, JestAsymmetricMatchers]) chai.use(plugin);

export function expect(value, message) {
  setState({ assertionCalls: 0 }, expect);
  return chai.expect(value, message);
}
Object.assign(expect, chai.expect);
Object.assign(expect, globalThis[ASYMMETRIC_MATCHERS_OBJECT]);
setState({ assertionCalls: 0, expectedAssertionsNumber: null, currentTestName: '' }, expect);
expect.extend(expect, customMatchers);
/** It fails the test at once here. */
expect.soft = expect;

/** Answers every call and every property with itself: types are checked by tsc. */
const anything = new Proxy(() => anything, { get: () => anything });
export const expectTypeOf = () => anything;

/** @typedef {{ names: string[], beforeAll: Function[], beforeEach: Function[], afterEach: Function[], parent?: Group }} Group */

/** @type {{ name: string, body: Function, group: Group }[]} */
export const registered = [];
/** @type {Function[]} */
export const afterEverything = [];
let group = { names: [], beforeAll: [], beforeEach: [], afterEach: [], parent: undefined };

export function describe(name, ...rest) {
  const outer = group;
  group = { names: [...outer.names, String(name)], beforeAll: [], beforeEach: [], afterEach: [], parent: outer };
  rest.find((part) => typeof part === 'function')();
  group = outer;
}

export function test(name, ...rest) {
  const body = rest.find((part) => typeof part === 'function');
  registered.push({ name: [...group.names, String(name)].join(' > '), body, group, timeout: timeoutOf(rest) });
}

/** The time limit of the tests, in milliseconds: that of vitest.config.ts. */
const TIME_LIMIT = 120_000;

function timeoutOf(rest) {
  const given = rest.find((part) => typeof part === 'number' || typeof part?.timeout === 'number');
  return given?.timeout ?? given ?? TIME_LIMIT;
}

/** Returns the form of a function that registers one call for each row of a table. */
const eachOf =
  (register) =>
  (rows) =>
  (name, ...rest) => {
    const body = rest.find((part) => typeof part === 'function');
    // If some rows are no arrays, those that are arrays are single values.
    const areLists = rows.every(Array.isArray);
    for (const row of rows) {
      const values = areLists ? row : [row];
      register(titleOf(name, values), () => body(...values), timeoutOf(rest));
    }
  };

function titleOf(name, values) {
  const used = (name.match(/%[sdifjoO]/g) ?? []).length;
  const named = name.replace(/\$([\w.]+)/g, (_, path) => {
    const found = path.split('.').reduce((value, key) => value?.[key], values[0]);
    return typeof found === 'string' ? found : format('%s', found);
  });
  return used === 0 ? named : format(named, ...values.slice(0, used));
}

describe.each = eachOf(describe);
test.each = eachOf(test);
describe.runIf = (condition) => (condition ? describe : () => {});
test.runIf = (condition) => (condition ? test : () => {});
export const it = test;

export const beforeAll = (hook) => void group.beforeAll.push(hook);
export const beforeEach = (hook) => void group.beforeEach.push(hook);
export const afterEach = (hook) => void group.afterEach.push(hook);
export const afterAll = (hook) => void afterEverything.push(hook);

/** What must happen when the running test ends, in the order of the calls. */
export const endings = [];
export const onTestFinished = (ending) => void endings.push(ending);

const PAUSE = 20;
const PATIENCE = 20_000;

/** The clock of the system, and the one that stands still while a test sets the time. */
const SystemDate = Date;
let stopped;
class SetDate extends SystemDate {
  constructor(...given) {
    super(...(given.length === 0 ? [stopped] : given));
  }
  static now() {
    return stopped;
  }
}

export const vi = {
  /** Has `Date` stand still. Timers go on: `toFake` must say so. */
  useFakeTimers({ toFake }) {
    if (toFake.join() !== 'Date') throw new Error(`useFakeTimers: this harness fakes Date alone, not ${toFake}`);
    stopped = SystemDate.now();
    globalThis.Date = SetDate;
  },
  setSystemTime(time) {
    stopped = Number(time);
  },
  useRealTimers() {
    globalThis.Date = SystemDate;
  },
  async waitUntil(condition, patience = PATIENCE) {
    const until = performance.now() + (typeof patience === 'number' ? patience : PATIENCE);
    for (;;) {
      const found = await condition();
      if (found) return found;
      if (performance.now() > until) throw new Error('waitUntil: it did not become true in time');
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  },
  async waitFor(body, patience = PATIENCE) {
    const until = performance.now() + (typeof patience === 'number' ? patience : PATIENCE);
    for (;;) {
      try {
        return await body();
      } catch (error) {
        if (performance.now() > until) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  },
  spyOn,
  restoreAllMocks,
};

// The suites of some frameworks expect vitest's functions to be global.
Object.assign(globalThis, { describe, test, it, expect, beforeAll, beforeEach, afterEach, afterAll });

// The side of the thread that has the vaults.
import type { Writable } from 'node:stream';
import { ColumnVault } from '@kohakuvault/columns';
import { InvalidArgument } from '@kohakuvault/core-native/internal';
import { type Connection, type ConnectionOptions, openDatabase } from '@kohakuvault/core-native/internal/database';
import { KVault } from '@kohakuvault/kvault';
import { DocumentVault, TextVault } from '@kohakuvault/text';
import { VectorKVault } from '@kohakuvault/vector';
import { arrowBytes } from './arrow-message.ts';
import type { Asks } from './asks.ts';
import { type CallStep, ITSELF, type Step, type VaultKind } from './messages.ts';
import { unpack, withWrapper } from './packing.ts';
import { StreamSink } from './stream-sink.ts';

type Target = Record<string, unknown>;
type AnyIterator = Iterator<unknown> | AsyncIterator<unknown>;

const VAULTS: Readonly<Record<VaultKind, (source: Connection, options: object) => object>> = {
  kvault: (source, options) => new KVault(sourceOf(source), options),
  columns: (source, options) => new ColumnVault(sourceOf(source), options),
  vectors: (source, options) => new VectorKVault(sourceOf(source), options as never),
  texts: (source, options) => new TextVault(sourceOf(source), options as never),
  documents: (source, options) => new DocumentVault(sourceOf(source), options as never),
};

/** Methods whose arguments have values that may be in a wrapper: all but the first, or pairs. */
const WITH_VALUES: Readonly<Record<string, 'others' | 'pairs'>> = {
  set: 'others',
  setDefault: 'others',
  setIfAbsent: 'others',
  compareAndSet: 'others',
  setMany: 'pairs',
};

/** How a request goes on beside its steps. */
export interface Progress {
  readonly signal: AbortSignal;
  report(done: number, total: number | undefined): void;
}

/** What the thread has for the calling thread: vaults on one connection, and what their calls have returned. */
export class Host {
  readonly #connection: Connection;
  readonly #asks: Asks;
  readonly #targets = new Map<number, object>();
  #last = 0;

  constructor(path: string, options: ConnectionOptions, asks: Asks) {
    this.#asks = asks;
    this.#connection = openDatabase(path, options);
  }

  /** Does one step. Returns its result, or a promise of it. */
  run(step: Step, progress: Progress): unknown {
    switch (step.do) {
      case 'open': {
        const [options] = this.#asks.withFunctions(unpack(step.args));
        const vault = VAULTS[step.kind](this.#connection, options as object) as Target;
        return this.#keep(vault, ['table', 'valueEncoding', 'path', 'name']);
      }
      case 'call': {
        const given = step.asks ? this.#asks.withFunctions(argsOf(step)) : argsOf(step);
        const args = step.reports ? withProgress(given, progress) : given;
        const result = this.#call(step, args);
        return step.keeps ? this.#keep(result as object, step.keeps, step.as) : result;
      }
      case 'iterate':
        return this.#keep(iteratorOf(this.#call(step, argsOf(step))), [])[0];
      case 'next':
        return nextOf(this.#target(step.target) as unknown as AnyIterator, step.limit);
      case 'release':
        return this.#release(step.target);
      case 'transaction':
        return this.#connection.transactionOfAll(() => step.calls.map((call) => this.#inTransaction(call)));
    }
  }

  /** Ends the iterations that wait for news, and the streams that wait for chunks. */
  endIterations(): void {
    for (const target of this.#targets.values()) endOf(target);
  }

  /** Closes everything. */
  close(): void {
    for (const target of this.#targets.values()) if (isVault(target)) target.close();
    this.#connection.close();
  }

  #inTransaction(call: CallStep): unknown {
    const result = this.#call(call, argsOf(call));
    if (isPromise(result)) {
      result.then(undefined, () => {});
      throw new InvalidArgument(`${call.method} cannot be in a transaction, because it goes on after it`);
    }
    return result === this.#target(call.target) ? undefined : result;
  }

  #call({ target, method }: CallStep, args: unknown[]): unknown {
    const object = this.#target(target);
    if (method === ITSELF) return object;
    const member = object[method];
    if (typeof member !== 'function') return member;
    if (method === 'readInto') return readIntoNew(object as unknown as ReadsInto, args);
    const result: unknown = member.apply(object, args);
    // Methods such as `set` return their vault.
    if (result === object) return undefined;
    if (method === 'toArrow') return arrowBytes(result);
    return method === 'getWithVersion' ? withVersionText(result as { value: unknown; version: unknown }) : result;
  }

  #keep(target: object, properties: readonly string[], as?: number): [number, Record<string, unknown>] {
    const kept = isWritable(target) ? new StreamSink(target) : target;
    const id = as ?? ++this.#last;
    this.#targets.set(id, kept);
    const found = properties.map((name) => [name, (target as Target)[name]]);
    return [id, Object.fromEntries(found.filter(([, value]) => value !== undefined && typeof value !== 'function'))];
  }

  #target(id: number): Target {
    const target = this.#targets.get(id);
    if (target) return target as Target;
    throw new InvalidArgument('this vault, column or stream has been closed');
  }

  #release(id: number): unknown {
    const target = this.#targets.get(id);
    this.#targets.delete(id);
    // An iteration ends; a vault was closed before.
    const ended = target && endOf(target);
    return isPromise(ended) ? ended.then(() => undefined) : undefined;
  }
}

/** A vault takes the connection of anything that has one. */
function sourceOf(connection: Connection): never {
  return connection as never;
}

function argsOf({ method, args }: CallStep): unknown[] {
  const given = unpack(args);
  switch (WITH_VALUES[method]) {
    case 'others':
      return given.map((value, at) => (at === 0 ? value : withWrapper(value)));
    case 'pairs':
      return [(given[0] as [unknown, unknown][]).map(([key, value]) => [key, withWrapper(value)]), ...given.slice(1)];
    default:
      return given;
  }
}

/** Adds the signal, and what reports progress, to the options, which are the last argument. */
function withProgress(args: unknown[], { signal, report }: Progress): unknown[] {
  const options = args.at(-1) as { reports?: boolean } | undefined;
  const { reports, ...others } = options ?? {};
  return [...args.slice(0, -1), { ...others, signal, ...(reports ? { onProgress: report } : {}) }];
}

interface ReadsInto {
  readInto(target: object, start: unknown): number;
}

/** Reads into an array like one that the calling thread has, which has sent an empty one. */
function readIntoNew(column: ReadsInto, [like, length, start]: unknown[]): unknown {
  const target = new ((like as object).constructor as new (length: unknown) => object)(length);
  return [column.readInto(target, start), target];
}

function iteratorOf(result: unknown): AnyIterator {
  const items = result as Partial<AsyncIterable<unknown> & Iterable<unknown>>;
  return (items[Symbol.asyncIterator]?.() ?? items[Symbol.iterator]?.()) as AnyIterator;
}

/** Returns the next items, and whether the iteration has ended. Of an asynchronous one, that is one item. */
function nextOf(iterator: AnyIterator, limit: number): unknown {
  const items: unknown[] = [];
  while (items.length < limit) {
    const next = iterator.next();
    if (next instanceof Promise) return next.then(pageOf);
    if (next.done) return { items, done: true };
    items.push(next.value);
  }
  return { items, done: false };
}

function pageOf({ done, value }: IteratorResult<unknown>): unknown {
  return done ? { items: [], done: true } : { items: [plain(value)], done: false };
}

/** Returns an item without its methods, which stay here. */
function plain(item: unknown): unknown {
  if (typeof item !== 'object' || item === null) return item;
  const { position, kind, key, value } = item as Record<string, unknown>;
  return typeof value === 'function' ? { position, kind, key } : item;
}

/** A version goes to another thread as its text. */
function withVersionText({ value, version }: { value: unknown; version: unknown }): object {
  return { value, version: String(version) };
}

/** Ends an iteration. A frame may have a column of the name `return`. */
function endOf(target: object): unknown {
  const end: unknown = (target as Target).return;
  return typeof end === 'function' ? end.call(target) : undefined;
}

function isWritable(value: object): value is Writable {
  return (
    typeof (value as Partial<Writable>).write === 'function' && typeof (value as Partial<Writable>).end === 'function'
  );
}

function isVault(value: object): value is { close(): void } {
  return typeof (value as { close?: unknown }).close === 'function';
}

function isPromise(value: unknown): value is Promise<never> {
  return typeof (value as Partial<Promise<unknown>> | undefined)?.then === 'function';
}

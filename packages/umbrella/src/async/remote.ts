import { describe, InvalidArgument, isTagged, KohakuVaultError } from '@kohakuvault/core-native/internal';
import type { Client, RequestOptions } from './client.ts';
import type { CallStep } from './messages.ts';
import { pack } from './packing.ts';

/** How many items of an iteration come at once. */
const ITEMS_AT_ONCE = 256;

interface Page {
  readonly items: unknown[];
  readonly done: boolean;
}

/** An iteration whose items come with news in the thread. */
export interface RemoteIteration<T> {
  /** What stands for the iteration, once it has begun. */
  readonly begun: Promise<Remote>;
  readonly items: AsyncGenerator<T, void, undefined>;
  /** What has ended the iteration between two items. */
  readonly ending: { readonly open: boolean; throwIfAborted(): void };
  /** Ends the iteration, while it waits too. */
  close(): Promise<void>;
}

/** The thread forgets what it was asked to keep, when nobody has that here any more. */
const dropped = new FinalizationRegistry<{ client: Client; target: number }>(({ client, target }) => {
  if (client.open) client.request({ do: 'release', target }, { keepsAlive: false }).catch(() => {});
});

/** Something that the thread has: a vault, a column or a stream. */
export class Remote {
  readonly client: Client;
  readonly target: number;
  /** What it is called in messages. */
  readonly name: string;
  readonly #signal: AbortSignal | undefined;
  #isOpen = true;

  /** With a signal, all calls are rejected with its reason once it is aborted. */
  constructor(client: Client, target: number, name: string, signal?: AbortSignal) {
    this.client = client;
    this.target = target;
    this.name = name;
    this.#signal = signal;
  }

  get open(): boolean {
    return this.#isOpen && this.client.open;
  }

  /** Calls a method, or reads a property. */
  async call(method: string, args: readonly unknown[] = [], options?: RequestOptions): Promise<unknown> {
    const asks = options?.asks === true;
    return await this.client.request({ do: 'call', asks, ...this.step(method, args) }, this.#with(options));
  }

  /** Calls a method whose options, the last argument, may have functions: they run here while the thread waits. */
  async callWithFunctions(method: string, args: readonly unknown[], options: RequestOptions): Promise<unknown> {
    const last = args.at(-1);
    const isObject = typeof last === 'object' && last !== null && Object.getPrototypeOf(last) === Object.prototype;
    if (!isObject || !Object.values(last).some((value) => typeof value === 'function')) {
      return await this.call(method, args, options);
    }
    const { callbacks } = this.client;
    const { options: numbered, numbers } = callbacks.withNumbers(last);
    try {
      return await this.call(method, [...args.slice(0, -1), numbered], { ...options, asks: true });
    } finally {
      for (const number of numbers) callbacks.remove(number);
    }
  }

  /** Calls a method to whose options the thread adds a signal and, if that is wanted, a report of the progress. */
  async callWithProgress(method: string, args: readonly unknown[], options: RequestOptions): Promise<unknown> {
    const { onProgress, asks = false } = options;
    const last = { ...(args.at(-1) as object | undefined), reports: onProgress !== undefined };
    const step = this.step(method, [...args.slice(0, -1), last]);
    return await this.client.request({ do: 'call', reports: true, asks, ...step }, this.#with(options));
  }

  /** Calls a method whose result the thread keeps. Returns what stands for it, with these properties. */
  async keep(
    method: string,
    args: readonly unknown[],
    properties: readonly string[] = [],
  ): Promise<{ remote: Remote; properties: Record<string, unknown> }> {
    const step = { do: 'call', keeps: properties, ...this.step(method, args) } as const;
    const [target, found] = (await this.client.request(step, this.#with())) as [number, Record<string, unknown>];
    return { remote: new Remote(this.client, target, this.name, this.#signal), properties: found };
  }

  /**
   * Calls a method whose result the thread keeps, and returns what stands for it at once. If the call fails, all calls of
   * that fail.
   */
  place(method: string, args: readonly unknown[]): Remote {
    const as = this.client.nextPlace();
    const step = { do: 'call', keeps: [], as, ...this.step(method, args) } as const;
    this.client.request(step, this.#with()).catch(() => {});
    return new Remote(this.client, as, this.name, this.#signal).releasedWhenDropped();
  }

  /** Has the thread forget this when nobody has it here any more. Not for streams, which work after their last call. */
  releasedWhenDropped(): this {
    dropped.register(this, { client: this.client, target: this.target });
    return this;
  }

  /** Iterates over what a method returns, from the first item that is asked for. */
  async *iterate<T>(
    method: string,
    args: readonly unknown[],
    options?: RequestOptions,
  ): AsyncGenerator<T, void, undefined> {
    yield* this.#items<T>(this.#begin(method, args), this.#with(options));
  }

  /** Iterates over news, from this call on. Its items come one by one. */
  follow<T>(method: string, args: readonly unknown[], options?: RequestOptions): AsyncGenerator<T, void, undefined> {
    return this.live<T>(method, args, options).items;
  }

  /** Does the same, with what tells when the iteration has begun, and what ends it while it waits. */
  live<T>(method: string, args: readonly unknown[], options?: RequestOptions): RemoteIteration<T> {
    const given = this.#with(options);
    const begun = this.#begin(method, args);
    // The error is for who asks for the first item, and a signal may come before that.
    begun.catch(() => {});
    given.signal?.addEventListener('abort', () => void begun.then((target) => this.#release(target)).catch(() => {}), {
      once: true,
    });
    const iteration = begun.then((target) => new Remote(this.client, target, this.name, this.#signal));
    iteration.catch(() => {});
    const state = { isEnded: false };
    return {
      begun: iteration,
      items: this.#items<T>(begun, given, state),
      ending: {
        get open() {
          return !state.isEnded;
        },
        throwIfAborted: () => given.signal?.throwIfAborted(),
      },
      close: async () => {
        state.isEnded = true;
        await begun.then((target) => this.#release(target)).catch(() => {});
      },
    };
  }

  async close(): Promise<void> {
    if (!this.open) return;
    this.#isOpen = false;
    await this.client.request({ do: 'call', ...this.#call('close', []) });
    await this.client.request({ do: 'release', target: this.target });
  }

  /** Returns a call as a message has it. */
  step(method: string, args: readonly unknown[]): CallStep {
    if (!this.#isOpen) {
      throw new KohakuVaultError(`${this.name} is closed; open it again to use it`, { code: 'KV_CLOSED' });
    }
    return this.#call(method, args);
  }

  async #begin(method: string, args: readonly unknown[]): Promise<number> {
    return (await this.client.request({ do: 'iterate', ...this.step(method, args) }, this.#with())) as number;
  }

  /** `live` is given if items come with news: then they come one by one. */
  async *#items<T>(
    begun: Promise<number>,
    options: RequestOptions,
    live?: { readonly isEnded: boolean },
  ): AsyncGenerator<T, void, undefined> {
    const target = await begun;
    try {
      for (let limit = live ? 1 : 16; ; limit = live ? 1 : Math.min(ITEMS_AT_ONCE, 4 * limit)) {
        if (live?.isEnded) return;
        const page = (await this.client.request({ do: 'next', target, limit }, options)) as Page;
        // `yield*` would make another error of what a stream throws into this when it is destroyed.
        for (const item of page.items as T[]) yield item;
        if (page.done) return;
      }
    } finally {
      void this.#release(target);
    }
  }

  async #release(target: number): Promise<void> {
    if (this.client.open) await this.client.request({ do: 'release', target }).catch(() => {});
  }

  #call(method: string, args: readonly unknown[]): CallStep {
    const body = args.find((given) => typeof given === 'function');
    if (body !== undefined) {
      throw new InvalidArgument(`${method} got a function, which cannot run in the thread that has ${this.name}`);
    }
    return { target: this.target, method, args: pack(args.map(sendable)) };
  }

  #with(options?: RequestOptions): RequestOptions {
    const { signal, ...others } = options ?? {};
    if (signal !== undefined && !isTagged(signal, 'AbortSignal')) {
      throw new InvalidArgument(`${this.name}: expects signal to be an AbortSignal, got ${describe(signal)}`);
    }
    const both = signal && this.#signal ? AbortSignal.any([signal, this.#signal]) : (signal ?? this.#signal);
    return { ...others, signal: both };
  }
}

/** Any iterable can be given, and only those that a vault could store can be sent. */
function sendable(given: unknown): unknown {
  if (typeof given !== 'object' || given === null || !(Symbol.iterator in given)) return given;
  const isData = Array.isArray(given) || ArrayBuffer.isView(given) || given instanceof Map || given instanceof Set;
  return isData ? given : [...(given as Iterable<unknown>)];
}

import { isTagged } from '@kohakuvault/core-native/internal';
import type { Client } from './client.ts';
import type { VaultKind } from './messages.ts';
import { Remote } from './remote.ts';

/**
 * The methods of a class as another thread has them: they return promises, iterations are asynchronous, and properties
 * are methods. Methods that take functions are left out.
 */
export type Asynchronous<T, Own extends string = never> = AsyncDisposable & {
  [N in Exclude<keyof T, Own | Excluded> as N extends string ? N : never]: T[N] extends (...args: infer A) => infer R
    ? R extends Generator<infer I, unknown, unknown> | AsyncIterableIterator<infer I, unknown, unknown>
      ? (...args: A) => AsyncGenerator<I, void, undefined>
      : (...args: A) => Promise<Awaited<R> extends T ? void : Awaited<R>>
    : () => Promise<T[N]>;
} & { close(): Promise<void>; readonly open: boolean };

/** What needs functions of the caller, or hands out what cannot leave its thread. */
type Excluded = 'cache' | 'close' | 'database' | 'lockCache' | 'open' | 'snapshot' | 'toArrow' | 'transaction';

/** An object that a method returns, and that stays in the thread. */
export interface RemoteResult {
  /** The properties that never change, and come with it. */
  readonly properties: readonly string[];
  readonly make: (remote: Remote, properties: Readonly<Record<string, unknown>>) => object;
}

/** How an object of another thread is used. */
export interface RemoteShape {
  /** Methods that return iterations. */
  readonly iterations: readonly string[];
  /** Methods that return an object that stays in the thread. */
  readonly objects?: Readonly<Record<string, RemoteResult>>;
  /** Methods whose options, the last argument, may have functions: they run in this thread, which the other waits for. */
  readonly withFunctions?: readonly string[];
  /** The method that `for await` uses. */
  readonly iterator?: string | undefined;
}

/** Vaults whose rows have ids. */
export const ROWS: RemoteShape = {
  iterations: ['keys', 'values', 'entries'],
  iterator: 'entries',
  withFunctions: ['search', 'searchAsync', 'searchMany', 'searchManyAsync'],
};

/** The remote of an object that `remoteObject` has made. */
const remotes = new WeakMap<object, Remote>();

export function remoteOf(object: object): Remote | undefined {
  return remotes.get(object);
}

/** Returns an object whose methods are called in another thread, except for the members that are given. */
export function remoteObject<T extends object>(
  remote: Remote,
  shape: RemoteShape,
  own: Readonly<Record<string, unknown>> = {},
): T {
  const members: Record<string | symbol, unknown> = {
    close: () => remote.close(),
    [Symbol.asyncDispose]: () => remote.close(),
    ...own,
    ...(shape.iterator === undefined
      ? {}
      : { [Symbol.asyncIterator]: () => remote.iterate(shape.iterator as string, []) }),
  };
  const object = new Proxy(members, {
    get(known, name) {
      if (name === 'open') return remote.open;
      if (name in known || typeof name === 'symbol') return known[name];
      // A promise that is fulfilled with this object must not take it for a promise.
      if (name === 'then') return undefined;
      const method = methodOf(remote, shape, name);
      known[name] = method;
      return method;
    },
  }) as T;
  remotes.set(object, remote);
  return object;
}

function methodOf(remote: Remote, shape: RemoteShape, name: string): (...args: unknown[]) => unknown {
  const { iterations, objects, withFunctions } = shape;
  if (iterations.includes(name)) {
    return (...args) => {
      const { rest, signal } = withoutSignal(args);
      return remote.iterate(name, rest, { signal });
    };
  }
  const kept = objects && Object.hasOwn(objects, name) ? objects[name] : undefined;
  if (kept === undefined) {
    return (...args) => {
      const { rest, signal } = withoutSignal(args);
      return withFunctions?.includes(name)
        ? remote.callWithFunctions(name, rest, { signal })
        : remote.call(name, rest, { signal });
    };
  }
  return async (...args) => {
    const { remote: result, properties } = await remote.keep(name, args, kept.properties);
    return kept.make(result.releasedWhenDropped(), properties);
  };
}

/**
 * Takes the signal out of the options, which are the last argument: it is for this side. Anything else under that name
 * goes to the other thread, which refuses it.
 */
export function withoutSignal(args: unknown[]): { rest: unknown[]; signal: AbortSignal | undefined } {
  const last = args.at(-1);
  if (typeof last !== 'object' || last === null || !('signal' in last)) return { rest: args, signal: undefined };
  const { signal, ...options } = last as { signal: AbortSignal | undefined };
  if (signal !== undefined && !isTagged(signal, 'AbortSignal')) return { rest: args, signal: undefined };
  return { rest: [...args.slice(0, -1), options], signal };
}

/** Opens a vault in the thread. */
export async function openRemote(
  client: Client,
  kind: VaultKind,
  args: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<{ remote: Remote; properties: Record<string, unknown> }> {
  const step = { do: 'open', kind, args } as const;
  const [target, properties] = (await client.request(step, { signal })) as [number, Record<string, unknown>];
  const name = String(properties.table ?? kind);
  return { remote: new Remote(client, target, name, signal), properties };
}

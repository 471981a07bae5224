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

/** How an object of another thread is used. */
export interface RemoteShape {
  /** Methods that return iterations; with `true` for those that wait for news. */
  readonly iterations: Readonly<Record<string, boolean>>;
  /** Methods that return an object that stays in the thread, with its shape and the properties that never change. */
  readonly objects?: Readonly<Record<string, { readonly shape: RemoteShape; readonly properties: readonly string[] }>>;
  /** The method that `for await` uses. */
  readonly iterator?: string | undefined;
}

/** The remote of an object that `remoteObject` has made. */
const remotes = new WeakMap<object, Remote>();

export function remoteOf(object: object): Remote | undefined {
  return remotes.get(object);
}

/** Returns an object whose methods are called in another thread. */
export function remoteObject<T extends object>(
  remote: Remote,
  shape: RemoteShape,
  properties: Readonly<Record<string, unknown>> = {},
): T {
  const members: Record<string | symbol, unknown> = {
    ...properties,
    close: () => remote.close(),
    [Symbol.asyncDispose]: () => remote.close(),
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

function methodOf(remote: Remote, { iterations, objects }: RemoteShape, name: string): (...args: unknown[]) => unknown {
  const live = iterations[name];
  if (live !== undefined) return (...args) => iterate(remote, name, args, live);
  const kept = objects?.[name];
  if (kept === undefined) return (...args) => call(remote, name, args);
  return async (...args) => {
    const { remote: own, properties } = await remote.keep(name, args, kept.properties);
    return remoteObject(own, kept.shape, properties);
  };
}

/** A signal among the options, which are the last argument, is for this side. */
function call(remote: Remote, name: string, args: unknown[]): Promise<unknown> {
  const { rest, signal } = withoutSignal(args);
  return remote.call(name, rest, { signal });
}

function iterate(
  remote: Remote,
  name: string,
  args: unknown[],
  live: boolean,
): AsyncGenerator<unknown, void, undefined> {
  const { rest, signal } = withoutSignal(args);
  return live ? remote.follow(name, rest, { signal }) : remote.iterate(name, rest, { signal });
}

function withoutSignal(args: unknown[]): { rest: unknown[]; signal: AbortSignal | undefined } {
  const last = args.at(-1);
  if (typeof last !== 'object' || last === null || !('signal' in last)) return { rest: args, signal: undefined };
  const { signal, ...options } = last as { signal: AbortSignal | undefined };
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

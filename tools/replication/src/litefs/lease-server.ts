import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Session {
  readonly ttl: number;
  readonly lockDelay: number;
  end: NodeJS.Timeout;
}

interface Pair {
  readonly value: Buffer;
  readonly session: string | undefined;
}

/**
 * A lease for LiteFS, in place of Consul: sessions that end unless they are renewed, and keys that a session holds. It
 * answers the requests of Consul's API that LiteFS makes, and nothing else.
 */
export class LeaseServer {
  readonly #server: Server;
  readonly #sessions = new Map<string, Session>();
  readonly #pairs = new Map<string, Pair>();
  /** Until when a key that a lost session held is given to nobody. */
  readonly #delays = new Map<string, number>();

  private constructor() {
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  static async start(): Promise<LeaseServer> {
    const leases = new LeaseServer();
    leases.#server.listen(0, '127.0.0.1');
    await once(leases.#server, 'listening');
    return leases;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): void {
    for (const { end } of this.#sessions.values()) clearTimeout(end);
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    const body = Buffer.concat(await request.toArray());
    const [, section, ...rest] = pathname.split('/').filter((part) => part !== '');
    const result =
      section === 'session'
        ? this.#session(rest[0] ?? '', rest[1] ?? '', body)
        : section === 'kv'
          ? this.#key(request.method ?? '', rest.join('/'), searchParams, body)
          : undefined;
    response.setHeader('content-type', 'application/json');
    for (const [name, value] of Object.entries({ Index: '1', LastContact: '0', KnownLeader: 'true' })) {
      response.setHeader(`X-Consul-${name}`, value);
    }
    response.writeHead(result === undefined ? 404 : 200).end(result === undefined ? '' : JSON.stringify(result));
  }

  #session(action: string, id: string, body: Buffer): unknown {
    if (action === 'create') {
      const { TTL, LockDelay } = JSON.parse(body.toString()) as { TTL: string; LockDelay: string };
      const made = crypto.randomUUID();
      const ttl = milliseconds(TTL);
      this.#sessions.set(made, { ttl, lockDelay: milliseconds(LockDelay), end: this.#endAfter(made, ttl) });
      return { ID: made };
    }
    const session = this.#sessions.get(id);
    if (action === 'renew') {
      if (!session) return undefined;
      clearTimeout(session.end);
      session.end = this.#endAfter(id, session.ttl);
      return [{ ID: id, TTL: `${session.ttl}ms` }];
    }
    if (session) this.#end(id, 0);
    return true;
  }

  #key(method: string, key: string, query: URLSearchParams, value: Buffer): unknown {
    const pair = this.#pairs.get(key);
    if (method === 'GET') {
      return pair && [{ Key: key, Value: pair.value.toString('base64'), Session: pair.session, ModifyIndex: 1 }];
    }
    const acquire = query.get('acquire');
    const release = query.get('release');
    if (release !== null) {
      if (pair?.session !== release) return false;
      this.#pairs.delete(key);
    } else if (acquire === null) {
      this.#pairs.set(key, { value, session: undefined });
    } else {
      const isFree = pair?.session === undefined && (this.#delays.get(key) ?? 0) <= performance.now();
      if (!this.#sessions.has(acquire) || !(isFree || pair?.session === acquire)) return false;
      this.#pairs.set(key, { value, session: acquire });
    }
    return true;
  }

  #endAfter(id: string, ttl: number): NodeJS.Timeout {
    return setTimeout(() => this.#end(id, this.#sessions.get(id)?.lockDelay ?? 0), ttl);
  }

  /** Ends a session. What it held is deleted, as LiteFS asks for. */
  #end(id: string, lockDelay: number): void {
    clearTimeout(this.#sessions.get(id)?.end);
    this.#sessions.delete(id);
    for (const [key, { session }] of this.#pairs) {
      if (session !== id) continue;
      this.#pairs.delete(key);
      this.#delays.set(key, performance.now() + lockDelay);
    }
  }
}

/** Reads a duration of Go, such as `10s`, `1.5s` or `500ms`. */
function milliseconds(duration: string): number {
  const [, number, unit] = /^([\d.]+)(ms|s)$/.exec(duration) ?? [];
  if (number === undefined) throw new Error(`a duration is ${duration}; expected seconds or milliseconds`);
  return Number(number) * (unit === 's' ? 1_000 : 1);
}

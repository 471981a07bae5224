import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import { StudioError } from '../api/studio-error.ts';
import { REQUEST_HEADER } from '../api/types.ts';
import type { StudioRequest } from './exchange.ts';

export interface GuardOptions {
  /** Lets requests in instead of the token, for a program that knows its users. */
  readonly authorize?: ((request: StudioRequest) => boolean | Promise<boolean>) | undefined;
  /** The names that a Host header may have beside addresses and localhost. Undefined: any, as the user's app decides. */
  readonly hosts?: readonly string[] | undefined;
}

/** Decides which requests are answered. */
export class Guard {
  readonly token = randomBytes(24).toString('base64url');
  readonly #cookie: string;
  readonly #authorize: GuardOptions['authorize'];
  readonly #hosts: readonly string[] | undefined;

  constructor({ authorize, hosts }: GuardOptions) {
    // Browsers keep one set of cookies for all ports of a host: the name keeps two Studios apart.
    this.#cookie = `kohakuvault-studio-${digest(this.token).toString('hex').slice(0, 12)}`;
    this.#authorize = authorize;
    this.#hosts = hosts?.map((host) => host.toLowerCase());
  }

  /**
   * Refuses names that are not of this server. A page of a stranger may have its own name point to this address (DNS
   * rebinding), and would have the origin of the Studio then.
   */
  checkHost(request: StudioRequest): void {
    if (this.#hosts === undefined) return;
    const host = request.header('host') ?? '';
    const name = host.replace(/:\d+$/, '').toLowerCase();
    const isAddress = isIP(name.replace(/^\[|\]$/g, '')) !== 0;
    if (isAddress || name === 'localhost' || this.#hosts.includes(name)) return;
    throw new StudioError(
      'STUDIO_HOST',
      `this server is not called ${JSON.stringify(host.slice(0, 100))}; open the address that it printed, or name the host with --host`,
    );
  }

  /** Refuses requests that pages of other origins have caused. */
  checkOrigin(request: StudioRequest): void {
    const origin = request.header('origin');
    const isForeign = origin !== undefined && hostOf(origin) !== (request.header('host') ?? '').toLowerCase();
    const site = request.header('sec-fetch-site');
    const isCrossSite = site !== undefined && site !== 'same-origin' && site !== 'none';
    if (!isForeign && !isCrossSite) return;
    throw new StudioError(
      'STUDIO_ORIGIN',
      'a page of another origin has asked for this; only the page of the Studio may',
    );
  }

  /** Refuses a request with a body that a plain form could have sent. */
  checkIntent(request: StudioRequest): void {
    if (request.header(REQUEST_HEADER) === '1') return;
    throw new StudioError(
      'STUDIO_ORIGIN',
      `the request has no header ${REQUEST_HEADER}: 1, which all requests with a body need`,
    );
  }

  /** Refuses a client without the token. */
  async checkToken(request: StudioRequest): Promise<void> {
    if (await this.isLetIn(request)) return;
    throw new StudioError(
      'STUDIO_TOKEN',
      'the token is missing or wrong; open the address that the Studio printed when it started',
    );
  }

  async isLetIn(request: StudioRequest): Promise<boolean> {
    if (this.#authorize) return await this.#authorize(request);
    return this.hasToken(request) || this.#hasCookie(request);
  }

  /** Whether the URL has the token, or the header `authorization`, as a program sends it. */
  hasToken(request: StudioRequest): boolean {
    const bearer = /^Bearer (\S+)$/i.exec(request.header('authorization') ?? '')?.[1];
    return [request.query.get('token'), bearer].some((given) => typeof given === 'string' && this.#isToken(given));
  }

  /** The cookie that lets a browser in. Scripts cannot read it, and no other site's request carries it. */
  cookie({ base }: StudioRequest): string {
    return `${this.#cookie}=${this.token}; Path=${base || '/'}; HttpOnly; SameSite=Strict`;
  }

  #hasCookie(request: StudioRequest): boolean {
    const cookies = (request.header('cookie') ?? '').split(';').map((one) => one.trim());
    const prefix = `${this.#cookie}=`;
    return cookies.some((one) => one.startsWith(prefix) && this.#isToken(one.slice(prefix.length)));
  }

  /** Compares in a time that does not tell how much of the token is right. */
  #isToken(given: string): boolean {
    return timingSafeEqual(digest(given), digest(this.token));
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function hostOf(origin: string): string | undefined {
  try {
    return new URL(origin).host.toLowerCase();
  } catch {
    // Also the origin `null` of sandboxed pages and files.
    return undefined;
  }
}

import { errorBody, problemOfError, statusOf } from './api/studio-error.ts';
import { json, response, type StudioRequest, type StudioResponse } from './http/exchange.ts';
import { Guard, type GuardOptions } from './http/guard.ts';
import { lockedPage, pageFile } from './http/page-files.ts';
import { RangeError416 } from './http/ranges.ts';
import { API_PREFIX, answerApi, type Served } from './routes/router.ts';
import type { ServedFile } from './routes/served-file.ts';
import type { Embed } from './vectors/vector-search.ts';

export interface StudioSetup extends GuardOptions {
  readonly files: readonly ServedFile[];
  readonly embed: Embed | undefined;
  readonly readonly: boolean;
}

const READING: readonly string[] = ['GET', 'HEAD'];

/** The Studio, whatever server its requests come from. */
export class Studio {
  readonly guard: Guard;
  readonly #served: Served;

  constructor({ files, embed, readonly, ...guarded }: StudioSetup) {
    this.guard = new Guard(guarded);
    this.#served = { files: new Map(files.map((file) => [file.id, file])), embed, readonly };
  }

  /** Answers a request. Never throws. */
  async answer(request: StudioRequest): Promise<StudioResponse> {
    try {
      this.guard.checkHost(request);
      const isApi = request.path.startsWith(API_PREFIX);
      return isApi ? await this.#api(request) : await this.#page(request);
    } catch (error) {
      const problem = problemOfError(error);
      const answer = json(errorBody(problem), statusOf(problem));
      if (!(error instanceof RangeError416)) return answer;
      return { ...answer, headers: { ...answer.headers, 'content-range': `bytes */${error.size}` } };
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#served.files.values()].map((file) => file.close()));
  }

  async #api(request: StudioRequest): Promise<StudioResponse> {
    this.guard.checkOrigin(request);
    await this.guard.checkToken(request);
    if (!READING.includes(request.method)) this.guard.checkIntent(request);
    return await answerApi(this.#served, request);
  }

  async #page(request: StudioRequest): Promise<StudioResponse> {
    if (!READING.includes(request.method)) return response(405, { allow: 'GET, HEAD' }, null);
    // The page has one address, so that relative ones in it lead somewhere.
    if (request.path === '/index.html') return response(308, { location: './' }, null);
    if (request.path !== '/') return pageFile(request);
    if (!(await this.guard.isLetIn(request))) return lockedPage();
    const page = pageFile(request);
    // The page itself, and no redirect: after one, a browser would not send a strict cookie at once.
    if (!this.guard.hasToken(request)) return page;
    return { ...page, headers: { ...page.headers, 'set-cookie': this.guard.cookie(request) } };
  }

  /** The path that lets somebody in. */
  get entrance(): string {
    return `/?token=${this.guard.token}`;
  }
}

import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import { tempFile } from '../../../../tools/testing/src/temp.ts';
import { REQUEST_HEADER, type RunningStudio, type StartOptions, startStudio } from '../../src/index.ts';
import { makeSample } from './sample-file.ts';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Asked {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Uint8Array;
  readonly signal?: AbortSignal;
}

/** A client that can send any header, which `fetch` cannot. */
export class Client {
  readonly studio: RunningStudio;
  readonly #authorized: Record<string, string>;

  constructor(studio: RunningStudio) {
    this.studio = studio;
    this.#authorized = { authorization: `Bearer ${studio.token}` };
  }

  /** Sends a request without the token. */
  raw(path: string, { method = 'GET', headers = {}, body, signal }: Asked = {}): Promise<Answer> {
    const { host, port } = this.studio;
    return new Promise((resolve, reject) => {
      const sent = httpRequest({ host, port, path, method, headers, ...(signal && { signal }) }, (answer) => {
        buffer(answer).then(
          (bytes) => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: bytes }),
          reject,
        );
      });
      sent.on('error', reject);
      sent.end(body);
    });
  }

  /** Sends a request to the API. */
  api(path: string, asked: Asked = {}): Promise<Answer> {
    return this.raw(`/api/v1/${path}`, { ...asked, headers: { ...this.#authorized, ...asked.headers } });
  }

  /** Returns the JSON of an answer, which must have a status. */
  async get<T>(path: string, query: Record<string, string | number | string[]> = {}, status = 200): Promise<T> {
    const pairs = Object.entries(query).flatMap(([name, value]) => [value].flat().map((one) => [name, String(one)]));
    const search = pairs.length > 0 ? `?${new URLSearchParams(pairs as [string, string][])}` : '';
    return this.#json(await this.api(path + search), status, path + search);
  }

  async post<T>(path: string, body: unknown, status = 200): Promise<T> {
    const answer = await this.api(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', [REQUEST_HEADER]: '1' },
      body: JSON.stringify(body),
    });
    return this.#json(answer, status, path);
  }

  /** Returns the JSON objects of an answer, one per line. */
  async lines<T>(path: string): Promise<T[]> {
    const { body } = await this.api(path);
    return body
      .toString()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as T);
  }

  #json<T>({ status, body }: Answer, wanted: number, what: string): T {
    if (status !== wanted)
      throw new Error(`${what} answered ${status}, expected ${wanted}: ${body.toString().slice(0, 500)}`);
    return JSON.parse(body.toString()) as T;
  }
}

/** Starts a Studio that closes when the test ends. */
export async function started(options: StartOptions): Promise<Client> {
  const studio = await startStudio(options);
  onTestFinished(() => studio.close());
  return new Client(studio);
}

/** Starts a Studio on a file with everything. */
export async function sampled(options: Omit<StartOptions, 'file'> = {}): Promise<Client & { path: string }> {
  const path = tempFile();
  makeSample(path);
  return Object.assign(await started({ ...options, file: path }), { path });
}

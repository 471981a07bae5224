/** A request, from whatever server it came. */
export interface StudioRequest {
  readonly method: string;
  /** The path below where the Studio is mounted; it begins with a slash. */
  readonly path: string;
  /** Where the Studio is mounted: empty, or `/studio`. */
  readonly base: string;
  readonly query: URLSearchParams;
  /** Returns a header, by its name in lower case. */
  header(name: string): string | undefined;
  readonly body: AsyncIterable<Uint8Array>;
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal;
}

export type ResponseBody = string | Uint8Array | AsyncIterable<string | Uint8Array> | null;

export interface StudioResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: ResponseBody;
}

/** Headers of everything the Studio sends. */
const ALWAYS = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'x-frame-options': 'DENY',
  'cache-control': 'no-store',
};

/** Nothing that is stored runs, even if somebody opens its address in a tab. */
const NOTHING_RUNS = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; media-src data:; sandbox";

export function response(status: number, headers: Record<string, string>, body: ResponseBody): StudioResponse {
  return { status, headers: { ...ALWAYS, 'content-security-policy': NOTHING_RUNS, ...headers }, body };
}

export function json(value: unknown, status = 200): StudioResponse {
  return response(status, { 'content-type': 'application/json; charset=utf-8' }, JSON.stringify(value));
}

/** One JSON object per line, each sent when it is there. */
export function ndjson(messages: AsyncIterable<unknown>): StudioResponse {
  return response(200, { 'content-type': 'application/x-ndjson; charset=utf-8' }, lines(messages));
}

async function* lines(messages: AsyncIterable<unknown>): AsyncGenerator<string> {
  for await (const message of messages) yield `${JSON.stringify(message)}\n`;
}

/** A file to be saved. */
export function download(name: string, type: string, body: AsyncIterable<string | Uint8Array>): StudioResponse {
  return response(200, { 'content-type': type, 'content-disposition': attachment(name) }, body);
}

/** Returns the header that names a download. Names may have any characters. */
export function attachment(name: string): string {
  const safe = name.replace(/[^\w.-]+/g, '_').slice(0, 100) || 'value';
  const whole = encodeURIComponent(name.toWellFormed().slice(0, 200)).replace(
    /['()*]/g,
    (one) => `%${one.charCodeAt(0).toString(16)}`,
  );
  return `attachment; filename="${safe}"; filename*=UTF-8''${whole}`;
}

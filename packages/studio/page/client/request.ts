import { REQUEST_HEADER, ROUTES, type RouteName } from '../../src/api/types.ts';
import { errorOf } from './errors.ts';

export type Parameters = Readonly<Record<string, string | number | readonly string[] | undefined>>;

/** Returns the address of a route of the API, of a file and with parameters. */
export function apiAddress(route: RouteName, file = '', parameters: object = {}, plan = ''): string {
  const path = ROUTES[route].replace(':file', encodeURIComponent(file)).replace(':plan', encodeURIComponent(plan));
  const url = new URL(`api/v1/${path}`, document.baseURI);
  for (const [name, value] of Object.entries(parameters as Parameters)) {
    if (value === undefined) continue;
    for (const each of Array.isArray(value) ? value : [value]) url.searchParams.append(name, String(each));
  }
  url.hash = '';
  return url.href;
}

async function answerOf(address: string, init: RequestInit): Promise<Response> {
  const response = await fetch(address, { credentials: 'same-origin', ...init });
  if (!response.ok) throw await errorOf(response);
  return response;
}

export async function get<T>(address: string, signal?: AbortSignal): Promise<T> {
  return (await answerOf(address, signal ? { signal } : {})).json() as Promise<T>;
}

function sends(body: unknown): RequestInit {
  return {
    method: 'POST',
    headers: { [REQUEST_HEADER]: '1', 'content-type': 'application/json' },
    body: JSON.stringify(body),
  };
}

export async function post<T>(address: string, body: unknown = {}, signal?: AbortSignal): Promise<T> {
  return (await answerOf(address, { ...sends(body), ...(signal && { signal }) })).json() as Promise<T>;
}

export async function remove(address: string): Promise<void> {
  await answerOf(address, { method: 'DELETE', headers: { [REQUEST_HEADER]: '1', 'content-type': 'application/json' } });
}

/** Asks for something with a body, and saves the answer as a file. */
export async function postDownload(address: string, body: unknown, name: string): Promise<void> {
  const response = await answerOf(address, sends(body));
  const url = URL.createObjectURL(await response.blob());
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}

/** Returns a range of bytes, `end` excluded. */
export async function getBytes(address: string, start: number, end: number, signal?: AbortSignal): Promise<Uint8Array> {
  const response = await answerOf(address, {
    headers: { range: `bytes=${start}-${end - 1}` },
    ...(signal && { signal }),
  });
  return new Uint8Array(await response.arrayBuffer());
}

/** Reads messages, a line of JSON each, as they come. */
export async function* getLines<T>(address: string, signal: AbortSignal): AsyncGenerator<T> {
  const { body } = await answerOf(address, { signal });
  if (!body) return;
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    const lines = (rest + value).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') yield JSON.parse(line) as T;
  }
  if (rest !== '') yield JSON.parse(rest) as T;
}

/** Sends a file with progress, which `fetch` does not tell. */
export function upload<T>(
  address: string,
  content: Blob,
  progress: (sent: number, total: number) => void,
  signal: AbortSignal,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('PUT', address);
    request.setRequestHeader(REQUEST_HEADER, '1');
    request.setRequestHeader('content-type', 'application/octet-stream');
    request.upload.onprogress = ({ loaded, total }) => progress(loaded, total);
    request.onerror = () => reject(new TypeError('the connection broke'));
    request.onabort = () => reject(new DOMException('The upload was canceled.', 'AbortError'));
    request.onload = () => {
      const response = new Response(request.responseText, { status: request.status });
      if (response.ok) resolve(JSON.parse(request.responseText) as T);
      else void errorOf(response).then(reject);
    };
    signal.addEventListener('abort', () => request.abort(), { once: true });
    request.send(content);
  });
}

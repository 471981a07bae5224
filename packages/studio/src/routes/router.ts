import { PACKAGE_VERSION } from '../api/package-version.ts';
import { Params } from '../api/params.ts';
import { StudioError } from '../api/studio-error.ts';
import { API_VERSION, ROUTES, type RouteName, type StudioInfo } from '../api/types.ts';
import { eventStream } from '../events/event-stream.ts';
import { jsonBody } from '../http/bodies.ts';
import { json, type StudioRequest, type StudioResponse } from '../http/exchange.ts';
import type { Embed } from '../vectors/vector-search.ts';
import { FILE_ROUTES } from './file-routes.ts';
import { isResponse, type Route } from './route.ts';
import type { ServedFile } from './served-file.ts';

export const API_PREFIX = `/api/v${API_VERSION}/`;

export interface Served {
  readonly files: ReadonlyMap<string, ServedFile>;
  readonly embed: Embed | undefined;
  readonly readonly: boolean;
}

/** Answers a request of the API. */
export async function answerApi(served: Served, request: StudioRequest): Promise<StudioResponse> {
  const { name, parts } = matched(request.path.slice(API_PREFIX.length));
  const route = routeOf(served, name, request);
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  const answer = route[method as keyof Route];
  if (!answer || !Object.hasOwn(route, method)) {
    throw new StudioError(
      'STUDIO_METHOD',
      `${name} answers ${Object.keys(route).join(' and ')}, not ${request.method}`,
    );
  }
  const result = await answer({
    request,
    params: new Params(request.query),
    file: fileOf(served, name, parts.file),
    embed: served.embed,
    signal: request.signal,
    parts,
    body: () => jsonBody(request),
  });
  return isResponse(result) ? result : json(result);
}

/** Returns the name of the route that a path has, and the parts that it names. */
function matched(path: string): { name: RouteName; parts: Record<string, string> } {
  const given = path.split('/');
  for (const [name, route] of Object.entries(ROUTES)) {
    const wanted = route.split('/');
    if (wanted.length !== given.length) continue;
    const parts: Record<string, string> = {};
    const isMatch = wanted.every((one, nth) => {
      if (!one.startsWith(':')) return one === given[nth];
      parts[one.slice(1)] = given[nth] as string;
      return given[nth] !== '';
    });
    if (isMatch) return { name: name as RouteName, parts };
  }
  throw new StudioError('STUDIO_ROUTE', `the API has no ${JSON.stringify(path.slice(0, 100))}`);
}

function routeOf(served: Served, name: RouteName, { signal }: StudioRequest): Route {
  if (name === 'studio') return { GET: () => infoOf(served) };
  if (name !== 'events') return FILE_ROUTES[name];
  const watches = new Map([...served.files].map(([id, { watch }]) => [id, watch]));
  return { GET: () => eventStream(watches, signal) };
}

function fileOf({ files }: Served, name: RouteName, id: string | undefined): ServedFile {
  const file = id === undefined ? [...files.values()][0] : files.get(id);
  if (!file)
    throw new StudioError(
      'STUDIO_ROUTE',
      `there is no file ${JSON.stringify(id)}; there are ${[...files.keys()].join(', ')}`,
    );
  if (name !== 'studio' && name !== 'events') file.watch.checkPresent();
  return file;
}

function infoOf({ files, embed, readonly }: Served): StudioInfo {
  return {
    version: API_VERSION,
    package: PACKAGE_VERSION,
    readonly,
    files: [...files.values()].map(({ about }) => about),
    embeds: embed !== undefined,
  };
}

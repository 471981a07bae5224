import type { Params } from '../api/params.ts';
import type { StudioRequest, StudioResponse } from '../http/exchange.ts';
import type { Embed } from '../vectors/vector-search.ts';
import type { ServedFile } from './served-file.ts';

/** What a route works with. */
export interface RouteContext {
  readonly request: StudioRequest;
  readonly params: Params;
  readonly file: ServedFile;
  readonly embed: Embed | undefined;
  readonly signal: AbortSignal;
  /** Other parts of the path, by their names in the route. */
  readonly parts: Readonly<Record<string, string>>;
  body(): Promise<unknown>;
}

/** Answers a request: with JSON, or with a response of its own. */
export type Answer = (context: RouteContext) => unknown;

export interface Route {
  readonly GET?: Answer;
  readonly POST?: Answer;
  readonly PUT?: Answer;
  readonly DELETE?: Answer;
}

/** Marks an answer that is a response already. */
export function isResponse(answer: unknown): answer is StudioResponse {
  return typeof answer === 'object' && answer !== null && 'status' in answer && 'headers' in answer && 'body' in answer;
}

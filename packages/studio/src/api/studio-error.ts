import { type ErrorCode, KohakuVaultError } from '@kohakuvault/core-native/internal';
import { fromBetterSqlite3 } from '@kohakuvault/core-native/internal/database';
import type { ErrorBody, Problem } from './types.ts';

/** The codes of the Studio itself, and their statuses. */
const OWN = {
  STUDIO_TOKEN: 401,
  STUDIO_HOST: 403,
  STUDIO_ORIGIN: 403,
  STUDIO_READONLY: 403,
  STUDIO_ROUTE: 404,
  STUDIO_METHOD: 405,
  STUDIO_GONE: 410,
  STUDIO_TOO_LARGE: 413,
  STUDIO_RANGE: 416,
  STUDIO_CANCELED: 499,
} as const;
export type StudioCode = keyof typeof OWN;

const STATUSES: Partial<Record<ErrorCode, number>> = {
  KV_NOT_FOUND: 404,
  KV_INVALID_ARGUMENT: 400,
  KV_READONLY: 403,
  KV_UNTRUSTED: 403,
  KV_STALE: 409,
  KV_CONFLICT: 409,
  KV_CORRUPT: 422,
  KV_BUSY: 503,
  KV_TIMEOUT: 504,
  KV_UNAVAILABLE: 503,
};

/** An error of a request, which is not one of a vault. */
export class StudioError extends Error {
  readonly code: StudioCode;

  constructor(code: StudioCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** Returns what a client is told of an error. */
export function problemOfError(error: unknown): Problem {
  if (error instanceof StudioError) return { code: error.code, message: error.message };
  const known = fromBetterSqlite3(error);
  if (known instanceof KohakuVaultError) return { code: known.code, message: known.message };
  if (isAbort(known)) return { code: 'STUDIO_CANCELED', message: 'the request was canceled' };
  if (known instanceof Error && 'syscall' in known) return { code: 'KV_IO', message: known.message };
  const text = known instanceof Error ? known.message : String(known);
  return { code: 'KV_ERROR', message: `this is a defect, please report it: ${text}` };
}

export function statusOf(problem: Problem): number {
  if (Object.hasOwn(OWN, problem.code)) return OWN[problem.code as StudioCode];
  return STATUSES[problem.code as ErrorCode] ?? 500;
}

export function errorBody(problem: Problem): ErrorBody {
  return { error: problem };
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}

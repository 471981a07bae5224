import type { ErrorBody } from '../../src/api/types.ts';
import type { ShownError } from '../ui/message.tsx';

/** What the server refused or could not do. */
export class RequestError extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export async function errorOf(response: Response): Promise<RequestError> {
  const text = await response.text();
  try {
    const { error } = JSON.parse(text) as ErrorBody;
    return new RequestError(response.status, error.code, error.message);
  } catch {
    return new RequestError(response.status, `HTTP ${response.status}`, text.slice(0, 500) || response.statusText);
  }
}

/** Returns what was asked for; undefined if the server has no such thing. */
export async function orMissing<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof RequestError && error.status === 404) return undefined;
    throw error;
  }
}

const TITLES: Readonly<Record<number, readonly [title: string, hint?: string]>> = {
  401: [
    'The page may not read this file',
    'Open the address that the Studio printed when it started: it has the token.',
  ],
  403: ['This is not allowed here', 'To change the file, start the Studio again with --write.'],
  404: ['There is nothing here any more', 'It may have been deleted or renamed since.'],
  409: ['The file has changed meanwhile', 'Look at the new state, and try again.'],
  410: ['The file has gone', 'It was deleted, moved or replaced. Start the Studio again with the file that you want.'],
  422: [
    'The file is damaged here',
    'The overview has a check that says what else is damaged. Restore a backup, if there is one.',
  ],
  503: ['The file is busy', 'Another process writes to it. Try again in a moment.'],
};

/** The same statuses have other reasons too; `undefined`: the message says all. */
const HINTS: Readonly<Record<string, string | undefined>> = {
  STUDIO_ORIGIN: 'Only the page that the Studio serves may ask for this.',
  STUDIO_HOST: 'Open the address that the Studio printed when it started.',
  KV_CONFLICT: undefined,
};

/** Says in words what went wrong, and what to do. */
export function shownError(error: unknown): ShownError {
  if (error instanceof RequestError) {
    const [title, hint] = TITLES[error.status] ?? ['This did not work'];
    const { code, message } = error;
    return { title, message, code, hint: code in HINTS ? HINTS[code] : hint };
  }
  if (error instanceof TypeError) {
    return {
      title: 'The Studio does not answer',
      message: 'Its process may have ended.',
      hint: 'Start it again in the terminal, and open the address that it prints.',
    };
  }
  return { title: 'This did not work', message: error instanceof Error ? error.message : String(error) };
}

import { InvalidArgument } from '@kohakuvault/core-native/internal';
import { StudioError } from '../api/studio-error.ts';
import type { StudioRequest } from './exchange.ts';

const MOST_JSON = 16 * 1024 * 1024;

/** Reads a JSON body. */
export async function jsonBody(request: StudioRequest): Promise<unknown> {
  const type = request.header('content-type') ?? '';
  // A form of another origin cannot send this type without being asked first.
  if (!/^application\/json\s*(?:;|$)/i.test(type)) {
    throw new InvalidArgument(`the body has the type ${JSON.stringify(type)}; expected application/json`);
  }
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.body) {
    length += chunk.length;
    if (length > MOST_JSON) {
      throw new StudioError('STUDIO_TOO_LARGE', `the body is longer than ${MOST_JSON} bytes; send less at a time`);
    }
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString());
  } catch (cause) {
    throw new InvalidArgument(`the body is not JSON: ${(cause as Error).message}`, { cause });
  }
}

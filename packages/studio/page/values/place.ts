import type { KeyRef, ValueNode, ValuePart } from '../../src/api/types.ts';
import { apiAddress, get } from '../client/request.ts';

/** Where a value is, to read more of it. */
export interface ValuePlace {
  readonly table: string;
  readonly key: KeyRef;
}

export async function readPart(
  file: string,
  place: ValuePlace,
  path: string,
  start: number,
  count: number,
): Promise<ValueNode> {
  const part = await get<ValuePart>(apiAddress('valuePart', file, { ...place, path, start, count }));
  return part.node;
}

import { describe, InvalidArgument } from '@kohakuvault/core-native/internal';
import type { Int64 } from './dtypes/dtype-types.ts';
import { asBuffer, isMemory } from './elements/memory.ts';
import { explained } from './errors/proxy-errors.ts';

export interface DataPackerOptions<I extends Int64 = Int64> {
  /** The type in which `i64` and `u64` come back. Default 'bigint'; 'number' throws for integers that are not safe. */
  int64?: I;
}

export function checkInt64(owner: string, options: unknown): Int64 {
  const int64 = (options as DataPackerOptions | null)?.int64 ?? 'bigint';
  const unknown = typeof options === 'object' && options !== null ? Object.keys(options) : [describe(options)];
  const odd = unknown.find((name) => name !== 'int64');
  if (odd !== undefined) throw new InvalidArgument(`${owner}: unknown option ${odd}; expected int64`);
  if (int64 !== 'bigint' && int64 !== 'number') {
    throw new InvalidArgument(`${owner}: int64 is ${describe(int64)}; expected 'bigint' or 'number'`);
  }
  return int64;
}

export function checkOffset(method: string, offset: unknown, length: number): void {
  if (!Number.isSafeInteger(offset) || (offset as number) < 0 || (offset as number) > length) {
    throw new InvalidArgument(
      `${method}: the offset is ${describe(offset)}; expected a whole number from 0 to ${length}`,
    );
  }
}

/** Returns the bytes to unpack, whatever shows them. `owner` is the name of the dtype in errors. */
export function sourceBytes(owner: string, method: string, bytes: unknown): Buffer {
  if (!isMemory(bytes)) {
    throw new InvalidArgument(
      `${method}: the bytes are ${describe(bytes)}; expected a Buffer, a view or an ArrayBuffer`,
    );
  }
  try {
    return asBuffer(bytes);
  } catch (error) {
    throw explained(owner, error);
  }
}

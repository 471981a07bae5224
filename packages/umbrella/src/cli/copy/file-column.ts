import type { Column } from '@kohakuvault/columns';
import { bared, framed } from '@kohakuvault/columns/internal';
import { parseDType } from '@kohakuvault/packer';
import type { ColumnShelf } from './side.ts';

/** Returns a column of a file. The layout of Python 1.x has vectors without their type bytes, which get them here. */
export function fileColumn(column: Column): ColumnShelf {
  const info = parseDType(column.dtype);
  const isBare = column.layout === '1.x' && info.kind === 'vec' && info.shape !== undefined;
  return {
    elemSize: info.isVarsize ? 0 : info.elemSize,
    length: async () => column.length,
    read: async (start, end) => {
      const { data, offsets } = column.buffers(start, end);
      return { data: isBare ? framed(info, data) : data, offsets };
    },
    truncate: async (length) => column.truncate(length),
    append: async (block) => column.appendPrepared(isBare ? { ...block, data: bared(info, block.data) } : block),
  };
}

import type { Column, ColumnVault } from '@kohakuvault/columns';
import { columnInspector } from '@kohakuvault/columns/inspect';
import { type DType, type DTypeInfo, parseDType } from '@kohakuvault/packer';
import { problemOfError } from '../api/studio-error.ts';
import type { ColumnInfo, ColumnList } from '../api/types.ts';
import type { VaultFile } from '../file/vault-file.ts';

/** The most columns that a list describes. */
const MOST = 20_000;

/** Returns the columns of a file and the frames that they make. */
export function columnList(file: VaultFile): ColumnList {
  if (columnInspector.tables(file.database).main.length === 0) {
    return { columns: [], frames: [], version: file.version() };
  }
  return file.consistently(() => {
    const vault = file.columns;
    const listed = vault.listColumns().slice(0, MOST);
    const frames = framesOf(listed);
    const frameOf = new Map(frames.flatMap(({ name, columns }) => columns.map((column) => [column.name, name])));
    const columns = listed.map((entry) => infoOf(vault, entry, frameOf.get(entry.name) ?? null));
    return { columns, frames, version: file.version() };
  });
}

interface Listed {
  readonly name: string;
  readonly dtype: string;
  readonly length: number;
}

function infoOf(vault: ColumnVault, { name, dtype, length }: Listed, frame: string | null): ColumnInfo {
  const unread = { name, dtype, length: Number.isFinite(length) ? length : 0, frame };
  try {
    const column = vault.column(name);
    const info = parseDType(column.dtype);
    return {
      ...unread,
      kind: kindOf(info),
      layout: column.layout === '1.x' ? 'kvault_col' : 'col',
      elementBytes: info.isVarsize ? null : info.elemSize,
      shape: info.shape ? [...info.shape] : null,
      problem: null,
    };
  } catch (error) {
    const problem = problemOfError(error);
    return { ...unread, kind: 'bytes', layout: 'col', elementBytes: null, shape: null, problem };
  }
}

export function kindOf({ kind, element }: DTypeInfo): ColumnInfo['kind'] {
  switch (kind) {
    case 'scalar':
      return element?.type === 'bool' ? 'bool' : 'number';
    case 'str':
      return 'text';
    case 'vec':
      return 'vector';
    case 'msgpack':
    case 'cbor':
      return 'document';
    default:
      return 'bytes';
  }
}

/** Columns whose names begin alike, up to a dot, and which are equally long. */
export function framesOf(columns: readonly Listed[]): ColumnList['frames'] {
  const byFrame = new Map<string, Listed[]>();
  for (const column of columns) {
    const dot = column.name.indexOf('.');
    if (dot <= 0 || dot === column.name.length - 1) continue;
    const name = column.name.slice(0, dot);
    byFrame.set(name, [...(byFrame.get(name) ?? []), column]);
  }
  return [...byFrame].flatMap(([name, own]) => {
    const rows = own[0]?.length ?? 0;
    if (own.length < 2 || own.some(({ length }) => length !== rows)) return [];
    const named = own.map((column) => ({ name: column.name, short: column.name.slice(name.length + 1) }));
    return [{ name, columns: named, rows }];
  });
}

/** Returns a column, whose 64-bit integers are bigints. */
export function columnOf(file: VaultFile, name: string): Column<DType> {
  return file.columns.column(name);
}

/** Whether the Python package reads elements of a column: it knows neither our layouts of documents nor compression. */
export function isKnownToPython(file: VaultFile, name: string): boolean {
  const entry = file.columns.listColumns().find((one) => one.name === name);
  return entry !== undefined && entry.compression === undefined && !/:records$|^bool$|^f16$/.test(entry.dtype);
}

import type { ColumnInfo, ColumnList } from '../../src/api/types.ts';

export type Tab = 'curve' | 'histogram' | 'table' | 'search';

/** What the address says about the view of columns. */
export interface ColumnOptions {
  readonly shown: readonly ColumnInfo[];
  readonly tab: Tab;
  /** The ids of other files, whose columns of the same names are drawn too. */
  readonly others: readonly string[];
  readonly x: string | undefined;
  readonly log: boolean;
  /** From 0 to 0.99. */
  readonly weight: number;
  readonly method: 'lttb' | 'minmax' | 'mean';
  readonly start: number | undefined;
  readonly end: number | undefined;
}

export function isNumeric({ kind }: ColumnInfo): boolean {
  return kind === 'number' || kind === 'bool';
}

/** The columns as they are listed: those of no frame, then those of each frame. */
export function inOrder(columns: readonly ColumnInfo[]): readonly ColumnInfo[] {
  const byFrame = Map.groupBy(columns, ({ frame }) => frame ?? '');
  return [...byFrame.keys()].sort().flatMap((frame) => byFrame.get(frame) ?? []);
}

export function columnOptions(list: ColumnList, query: URLSearchParams): ColumnOptions {
  const columns = inOrder(list.columns);
  const byName = new Map(columns.map((column) => [column.name, column]));
  const asked = query.getAll('show').flatMap((name) => byName.get(name) ?? []);
  const first = columns.find(isNumeric) ?? columns[0];
  const shown = asked.length > 0 ? asked : first ? [first] : [];
  const fallback = shown.some(isNumeric) ? 'curve' : 'table';
  const tab = (query.get('tab') ?? fallback) as Tab;
  const method = query.get('method');
  const x = query.get('x') ?? undefined;
  return {
    shown,
    tab: ['curve', 'histogram', 'table', 'search'].includes(tab) ? tab : fallback,
    others: query.getAll('with'),
    x: x !== undefined && byName.has(x) ? x : undefined,
    log: query.get('log') === '1',
    weight: Math.min(0.99, Math.max(0, Number(query.get('smooth') ?? 0) || 0)),
    method: method === 'mean' || method === 'lttb' ? method : 'minmax',
    start: placeOf(query.get('from')),
    end: placeOf(query.get('to')),
  };
}

function placeOf(text: string | null): number | undefined {
  const place = Number(text);
  return text !== null && Number.isSafeInteger(place) ? place : undefined;
}

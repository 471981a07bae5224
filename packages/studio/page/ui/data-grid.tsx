// biome-ignore-all lint/a11y/useSemanticElements: a <table> cannot leave out the rows that are not in view
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus, and scrolls
import type { ComponentChildren } from 'preact';
import { count } from '../lib/format.ts';
import { VirtualRows } from './virtual-rows.tsx';

const ROW_HEIGHT = 28;
/** Of the numbers of the rows, in rem. */
const ROW_NAME_WIDTH = 6;

export interface GridColumn {
  readonly name: string;
  readonly about?: string | undefined;
  /** In rem. */
  readonly width: number;
  readonly isNumber: boolean;
}

/** A table of any length. Its columns have widths, because most of the rows are never drawn. */
export function DataGrid(props: {
  label: string;
  columns: readonly GridColumn[];
  count: number;
  /** The number of the first row. */
  firstRow: number;
  cell: (row: number, place: number) => ComponentChildren;
  show?: (first: number, end: number) => void;
  active?: number;
}) {
  const { columns } = props;
  const width = `${columns.reduce((sum, column) => sum + column.width, ROW_NAME_WIDTH)}rem`;
  const row = (index: number) => (
    <div key={index} class="table-row" role="row" aria-rowindex={index + 2} style={{ height: `${ROW_HEIGHT}px` }}>
      <span class="row-name" role="rowheader">
        {count(index + props.firstRow)}
      </span>
      {columns.map((column, place) => (
        <span
          key={place}
          class={`table-cell${column.isNumber ? ' is-number' : ''}`}
          role="cell"
          style={{ width: `${column.width}rem` }}
        >
          {props.cell(index, place)}
        </span>
      ))}
    </div>
  );
  const head = (
    <div class="table-row table-head" role="row" style={{ width }}>
      <span class="row-name" role="columnheader">
        <span class="hidden-label">Row</span>
      </span>
      {columns.map((column, place) => (
        <span
          key={place}
          class={`table-cell${column.isNumber ? ' is-number' : ''}`}
          role="columnheader"
          title={column.about}
          style={{ width: `${column.width}rem` }}
        >
          {column.name}
        </span>
      ))}
    </div>
  );
  return (
    <VirtualRows
      count={props.count}
      rowHeight={ROW_HEIGHT}
      width={width}
      active={props.active ?? -1}
      render={row}
      head={head}
      {...(props.show && { show: props.show })}
      attributes={() => ({
        class: 'table-box',
        role: 'table',
        'aria-label': props.label,
        'aria-rowcount': props.count + 1,
        tabIndex: 0,
      })}
    />
  );
}

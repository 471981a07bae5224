import { useState } from 'preact/hooks';
import type { ColumnInfo, ColumnTable as Table, ValueNode } from '../../src/api/types.ts';
import { shownError } from '../client/errors.ts';
import { useTurn } from '../client/live.ts';
import { apiAddress, get } from '../client/request.ts';
import { useHere } from '../client/studio.ts';
import { useBlocks } from '../lib/blocks.ts';
import { counted } from '../lib/format.ts';
import { changeQuery } from '../lib/router.ts';
import { DataGrid } from '../ui/data-grid.tsx';
import { ErrorState } from '../ui/message.tsx';
import { kindClass, summaryOf } from '../values/nodes.ts';
import { ElementDialog } from './element-dialog.tsx';
import { isNumeric } from './options.ts';

const BLOCK_ROWS = 200;
const LIVE_MS = 500;
/** In rem. */
const NUMBER_WIDTH = 11;
const OTHER_WIDTH = 24;

/** The elements of columns side by side. Any range of any length: only what is in view is read. */
export function ColumnTable({ shown, row }: { shown: readonly ColumnInfo[]; row: number | undefined }) {
  const { file } = useHere();
  const turn = useTurn(file.id, LIVE_MS);
  const names = shown.map(({ name }) => name);
  const length = Math.max(0, ...shown.map((column) => column.length));
  const blocks = useBlocks(
    JSON.stringify([file.id, names]),
    BLOCK_ROWS,
    (block, signal) =>
      get<Table>(
        apiAddress('columnTable', file.id, { name: names, start: block * BLOCK_ROWS, count: BLOCK_ROWS }),
        signal,
      ),
    turn,
  );
  const [open, setOpen] = useState<{ name: string; row: number }>();
  const cell = (index: number, place: number) => {
    const column = shown[place];
    const node = blocks.at(Math.floor(index / BLOCK_ROWS))?.rows[index % BLOCK_ROWS]?.[place];
    return (
      column && node && <Cell node={node} column={column} open={() => setOpen({ name: column.name, row: index })} />
    );
  };

  return (
    <div class="column-table">
      <GoToRow length={length} />
      {blocks.error !== undefined && <ErrorState error={shownError(blocks.error)} />}
      {length === 0 ? (
        <p class="value-empty">There are no elements yet.</p>
      ) : (
        <DataGrid
          label={`Elements of ${names.join(', ')}`}
          columns={shown.map((column) => ({
            name: column.name,
            about: column.dtype,
            width: isNumeric(column) ? NUMBER_WIDTH : OTHER_WIDTH,
            isNumber: isNumeric(column),
          }))}
          count={length}
          firstRow={0}
          cell={cell}
          show={blocks.show}
          active={row === undefined ? -1 : Math.min(row, length - 1)}
        />
      )}
      {open && <ElementDialog {...open} close={() => setOpen(undefined)} />}
    </div>
  );
}

function GoToRow({ length }: { length: number }) {
  return (
    <form
      class="toolbar table-tools"
      onSubmit={(event) => {
        event.preventDefault();
        const text = String(new FormData(event.currentTarget).get('row') ?? '');
        const row = Number(text);
        if (text !== '' && Number.isInteger(row)) changeQuery({ from: Math.max(0, row < 0 ? length + row : row) });
      }}
    >
      <label class="labeled">
        Go to row
        <input class="field" name="row" type="number" step={1} min={-length} max={Math.max(0, length - 1)} />
      </label>
      <button type="submit" class="button">
        Go
      </button>
      <span class="about">{counted(length, 'row')}</span>
    </form>
  );
}

function Cell({ node, column, open }: { node: ValueNode; column: ColumnInfo; open: () => void }) {
  const { canWrite } = useHere();
  const text = node.t === 'bigint' ? node.v : summaryOf(node, column.kind === 'text' ? 0 : 1);
  // A number is read at a glance; only who may change it opens it.
  if (isNumeric(column) && !canWrite) return <span class="kind-number">{text}</span>;
  return (
    <button type="button" class={`cell-button ${kindClass(node)}`} onClick={open}>
      {text === '' ? '(empty)' : text}
    </button>
  );
}

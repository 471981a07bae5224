import { useState } from 'preact/hooks';
import type { ColumnInfo, ColumnList } from '../../src/api/types.ts';
import { count, shortCount } from '../lib/format.ts';
import { addressOf, changeQuery, parseRoute } from '../lib/router.ts';
import { SearchField } from '../ui/search-field.tsx';
import { inOrder, isNumeric } from './options.ts';

/** More are found by the filter. */
const MOST_LISTED = 400;
/** As many as there are colors. */
const MOST_SHOWN = 8;

/** The columns of the file, by their frames. A click shows a column; its box lays it over the others. */
export function ColumnPicker({ list, shown }: { list: ColumnList; shown: readonly ColumnInfo[] }) {
  const [filter, setFilter] = useState('');
  const wanted = filter.toLowerCase();
  const found = inOrder(list.columns).filter(({ name }) => name.toLowerCase().includes(wanted));
  const listed = found.slice(0, MOST_LISTED);
  const byFrame = Map.groupBy(listed, ({ frame }) => frame ?? '');
  return (
    <section class="picker" aria-label="Columns">
      <div class="picker-head">
        <SearchField label="Filter the columns" placeholder="Filter columns" value={filter} change={setFilter} />
      </div>
      <div class="picker-list">
        {[...byFrame].map(([frame, columns]) => (
          <div key={frame}>
            {frame !== '' && <FrameHead frame={frame} list={list} />}
            <ul>
              {columns.map((column) => (
                <Row key={column.name} column={column} shown={shown} list={list} />
              ))}
            </ul>
          </div>
        ))}
        {found.length > listed.length && (
          <p class="about">and {count(found.length - listed.length)} more: the filter finds them.</p>
        )}
        {found.length === 0 && <p class="about">No column has this in its name.</p>}
      </div>
    </section>
  );
}

function FrameHead({ frame, list }: { frame: string; list: ColumnList }) {
  const columns = list.frames.find(({ name }) => name === frame)?.columns ?? [];
  const { path } = parseRoute(location.hash);
  return (
    <h2>
      <a href={addressOf(path, { show: columns.map(({ name }) => name), tab: 'table' })}>{frame}</a>
    </h2>
  );
}

function Row(props: { column: ColumnInfo; shown: readonly ColumnInfo[]; list: ColumnList }) {
  const { column, shown, list } = props;
  const at = shown.findIndex(({ name }) => name === column.name);
  const { path } = parseRoute(location.hash);
  const short =
    list.frames.find(({ name }) => name === column.frame)?.columns.find(({ name }) => name === column.name)?.short ??
    column.name;
  const toggle = () => {
    const names = shown.map(({ name }) => name);
    const next = at < 0 ? [...names, column.name].slice(-MOST_SHOWN) : names.filter((name) => name !== column.name);
    changeQuery({ show: next }, { replace: false });
  };
  return (
    <li class={`picker-row${at >= 0 ? ' shown' : ''}`}>
      <input
        type="checkbox"
        aria-label={`Show ${column.name} with the others`}
        checked={at >= 0}
        style={at >= 0 && isNumeric(column) ? { accentColor: `var(--series-${at})` } : {}}
        onChange={toggle}
      />
      <a href={addressOf(path, { show: [column.name] })} title={`${column.name}, ${column.dtype}`}>
        <span class="name">{short}</span>
        {column.problem && (
          <span class="badge bad" title={column.problem.message}>
            unreadable
          </span>
        )}
        <span class="aside">{column.dtype}</span>
        <span class="aside" title={count(column.length)}>
          {shortCount(column.length)}
        </span>
      </a>
    </li>
  );
}

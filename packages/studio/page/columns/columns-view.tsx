import { useMemo } from 'preact/hooks';
import type { ColumnList } from '../../src/api/types.ts';
import { shownError } from '../client/errors.ts';
import { useTurn } from '../client/live.ts';
import { apiAddress, get } from '../client/request.ts';
import { useHere } from '../client/studio.ts';
import { counted } from '../lib/format.ts';
import { useKeys } from '../lib/keyboard.ts';
import { useResource } from '../lib/resource.ts';
import { changeQuery } from '../lib/router.ts';
import { Icon } from '../ui/icon.tsx';
import { EmptyState, ErrorState, Loading } from '../ui/message.tsx';
import { Switches } from '../ui/switches.tsx';
import { ColumnPicker } from './column-picker.tsx';
import { ColumnSearch } from './column-search.tsx';
import { ColumnTable } from './column-table.tsx';
import { Curves } from './curves.tsx';
import { Distributions } from './distributions.tsx';
import { columnOptions, inOrder, isNumeric, type Tab } from './options.ts';

const LIST_MS = 500;

export function ColumnsView({ query }: { query: URLSearchParams }) {
  const { file } = useHere();
  const turn = useTurn(file.id, LIST_MS);
  const list = useResource(`columns ${file.id}`, (signal) => get<ColumnList>(apiAddress('columns', file.id), signal), {
    version: turn,
  });
  if (list.error) return <ErrorState error={shownError(list.error)} retry={list.reload} />;
  if (!list.data) return <Loading what="Reading the columns" />;
  if (list.data.columns.length === 0) {
    return (
      <EmptyState title="There are no columns yet">
        <p>
          A program makes the first with <code>columns.ensure('loss', 'f64')</code>. This page shows it at once.
        </p>
      </EmptyState>
    );
  }
  return <Columns list={list.data} query={query} />;
}

function Columns({ list, query }: { list: ColumnList; query: URLSearchParams }) {
  const { file } = useHere();
  const options = useMemo(() => columnOptions(list, query), [list, query]);
  const { shown, tab, start, end } = options;
  const [first] = shown;
  const step = (by: number) => {
    const columns = inOrder(list.columns);
    const next = columns[columns.findIndex(({ name }) => name === first?.name) + by];
    if (next) changeQuery({ show: [next.name], tab: undefined, from: undefined, to: undefined });
  };
  useKeys('Columns', [
    { key: 'j', what: 'Next column', run: () => step(1) },
    { key: 'k', what: 'Previous column', run: () => step(-1) },
    { key: 'l', what: 'Logarithmic scale, or not', run: () => changeQuery({ log: !options.log }) },
    ...TABS.map(([value, name], index) => ({
      key: String(index + 1),
      what: `Show ${name.toLowerCase()}`,
      run: () => changeQuery({ tab: value }),
    })),
  ]);
  const exported = (format: 'csv' | 'arrow') =>
    apiAddress('columnExport', file.id, { name: shown.map(({ name }) => name), format, start, end });
  return (
    <div class="view columns">
      <ColumnPicker list={list} shown={shown} />
      <div class="columns-main">
        <header class="view-head">
          <div class="view-title">
            <h1>{shown.map(({ name }) => name).join(', ')}</h1>
            {first && (
              <span class="about">
                {shown.length === 1 ? `${first.dtype}, ` : ''}
                {counted(Math.max(...shown.map(({ length }) => length)), 'element')}
              </span>
            )}
          </div>
          <div class="toolbar">
            <Switches
              label="What is shown"
              value={tab}
              options={TABS}
              choose={(next) => changeQuery({ tab: next }, { replace: false })}
            />
            <span class="push toolbar">
              <a class="button quiet" href={exported('csv')} download>
                <Icon name="download" />
                CSV
              </a>
              <a class="button quiet" href={exported('arrow')} download>
                <Icon name="download" />
                Arrow
              </a>
            </span>
          </div>
        </header>
        {tab === 'table' ? (
          <ColumnTable shown={shown} row={start} />
        ) : tab === 'search' ? (
          <ColumnSearch shown={shown} query={query} />
        ) : !shown.some(isNumeric) ? (
          <EmptyState title="These columns hold no numbers">
            <p>Curves and histograms are drawn of numbers. The table and the search show what is in them.</p>
          </EmptyState>
        ) : tab === 'curve' ? (
          <Curves list={list} options={options} />
        ) : (
          <Distributions options={options} />
        )}
      </div>
    </div>
  );
}

const TABS: readonly (readonly [Tab, string])[] = [
  ['curve', 'Curve'],
  ['histogram', 'Histogram'],
  ['table', 'Table'],
  ['search', 'Search'],
];

import type { VectorTable, VectorTables } from '../../src/api/types.ts';
import { shownError } from '../client/errors.ts';
import { useTurn } from '../client/live.ts';
import { apiAddress, get } from '../client/request.ts';
import { useHere } from '../client/studio.ts';
import { count, counted } from '../lib/format.ts';
import { useKeys } from '../lib/keyboard.ts';
import { useResource } from '../lib/resource.ts';
import { changeQuery } from '../lib/router.ts';
import { copyText } from '../ui/copy.ts';
import { Icon } from '../ui/icon.tsx';
import { EmptyState, ErrorState, Loading } from '../ui/message.tsx';
import { Switches } from '../ui/switches.tsx';
import { IndexState } from './index-state.tsx';
import { VectorMap } from './vector-map.tsx';
import { VectorRowDialog } from './vector-row-dialog.tsx';
import { VectorRows } from './vector-rows.tsx';
import { VectorSearch } from './vector-search.tsx';

const TABS = [
  ['map', 'Map'],
  ['search', 'Search'],
  ['rows', 'Rows'],
  ['index', 'Index'],
] as const;
type Tab = (typeof TABS)[number][0];

export function VectorView({ table, query }: { table: string; query: URLSearchParams }) {
  const { file } = useHere();
  const turn = useTurn(file.id, 1_000);
  const tables = useResource(
    `vectors ${file.id}`,
    (signal) => get<VectorTables>(apiAddress('vectors', file.id), signal),
    { version: turn },
  );
  const asked = query.get('tab');
  const tab: Tab = TABS.find(([name]) => name === asked)?.[0] ?? 'map';
  const row = query.get('row');
  useKeys(
    'Vectors',
    TABS.map(([value, name], index) => ({
      key: String(index + 1),
      what: `Show ${name.toLowerCase()}`,
      run: () => changeQuery({ tab: value }),
    })),
  );
  if (tables.error) return <ErrorState error={shownError(tables.error)} retry={tables.reload} />;
  if (!tables.data) return <Loading what="Reading the table" />;
  const found = tables.data.tables.find((each) => each.table === table);
  if (!found) {
    return (
      <EmptyState title={`There are no vectors named ${table}`}>
        <p>The table may have been dropped or renamed. The side lists what is there.</p>
      </EmptyState>
    );
  }
  return (
    <div class="view">
      <header class="view-head">
        <div class="view-title">
          <h1>{table}</h1>
          <span class="about">
            {found.vectors !== null && `${counted(found.vectors, 'vector')} of `}
            {count(found.dimensions)} dimensions, {found.type}, {found.metric}
          </span>
          <div class="toolbar">
            <Code table={found} />
          </div>
        </div>
        <div class="toolbar">
          <Switches
            label="What is shown"
            value={tab}
            options={TABS}
            choose={(next) => changeQuery({ tab: next }, { replace: false })}
          />
        </div>
      </header>
      {found.problem ? (
        <ErrorState error={{ title: 'These vectors cannot be read', ...found.problem }} />
      ) : tab === 'map' ? (
        <VectorMap table={found} query={query} />
      ) : tab === 'search' ? (
        <VectorSearch table={found} query={query} />
      ) : tab === 'rows' ? (
        <VectorRows table={found} />
      ) : (
        <IndexState table={found} />
      )}
      {row !== null && <VectorRowDialog table={found} id={row} close={() => changeQuery({ row: undefined })} />}
    </div>
  );
}

function Code({ table: { code } }: { table: VectorTable }) {
  return (
    <>
      <button type="button" class="button quiet" onClick={() => copyText(code.typescript, 'TypeScript')}>
        <Icon name="copy" />
        TypeScript
      </button>
      {code.python !== null && (
        <button type="button" class="button quiet" onClick={() => copyText(code.python ?? '', 'Python')}>
          <Icon name="copy" />
          Python
        </button>
      )}
    </>
  );
}

import type { TextTables } from '../../src/api/types.ts';
import { shownError } from '../client/errors.ts';
import { useTurn } from '../client/live.ts';
import { apiAddress, get } from '../client/request.ts';
import { useHere } from '../client/studio.ts';
import { counted } from '../lib/format.ts';
import { useResource } from '../lib/resource.ts';
import { changeQuery } from '../lib/router.ts';
import { copyText } from '../ui/copy.ts';
import { Icon } from '../ui/icon.tsx';
import { EmptyState, ErrorState, Loading } from '../ui/message.tsx';
import { SearchBox } from './search-box.tsx';
import { SearchResults } from './search-results.tsx';
import { TextRowDialog } from './text-row-dialog.tsx';
import { TextRows } from './text-rows.tsx';

export function TextView({ table, query }: { table: string; query: URLSearchParams }) {
  const { file } = useHere();
  const turn = useTurn(file.id, 1_000);
  const tables = useResource(`texts ${file.id}`, (signal) => get<TextTables>(apiAddress('texts', file.id), signal), {
    version: turn,
  });
  if (tables.error) return <ErrorState error={shownError(tables.error)} retry={tables.reload} />;
  if (!tables.data) return <Loading what="Reading the table" />;
  const found = tables.data.tables.find((each) => each.table === table);
  if (!found) {
    return (
      <EmptyState title={`There are no texts named ${table}`}>
        <p>The table may have been dropped or renamed. The side lists what is there.</p>
      </EmptyState>
    );
  }
  const row = query.get('row');
  const isSearch = (query.get('q') ?? '').trim() !== '';
  return (
    <div class="view">
      <header class="view-head">
        <div class="view-title">
          <h1>{table}</h1>
          <span class="about">
            {found.documents !== null && `${counted(found.documents, 'document')}, `}
            {found.columns.join(', ')}, {found.tokenizer}
          </span>
          <div class="toolbar">
            <button type="button" class="button quiet" onClick={() => copyText(found.code.typescript, 'TypeScript')}>
              <Icon name="copy" />
              TypeScript
            </button>
            {found.code.python !== null && (
              <button type="button" class="button quiet" onClick={() => copyText(found.code.python ?? '', 'Python')}>
                <Icon name="copy" />
                Python
              </button>
            )}
          </div>
        </div>
        {!found.problem && <SearchBox table={found} query={query} />}
      </header>
      {found.problem ? (
        <ErrorState error={{ title: 'These texts cannot be read', ...found.problem }} />
      ) : isSearch ? (
        <SearchResults table={found} query={query} turn={turn} />
      ) : (
        <TextRows table={found} />
      )}
      {row !== null && <TextRowDialog table={table} id={row} close={() => changeQuery({ row: undefined })} />}
    </div>
  );
}

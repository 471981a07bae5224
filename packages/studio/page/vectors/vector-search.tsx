import { useEffect, useState } from 'preact/hooks';
import type { VectorSearchRequest, VectorSearchResult, VectorTable } from '../../src/api/types.ts';
import { shownError } from '../client/errors.ts';
import { apiAddress, post } from '../client/request.ts';
import { useHere } from '../client/studio.ts';
import { count, counted, duration } from '../lib/format.ts';
import { useKeys } from '../lib/keyboard.ts';
import { changeQuery } from '../lib/router.ts';
import { EmptyState, ErrorState, Loading } from '../ui/message.tsx';
import { Switches } from '../ui/switches.tsx';
import { parseVector, parseWhere } from './parse.ts';
import { VectorTableRows } from './vector-table-rows.tsx';

type By = 'vector' | 'id' | 'text';

/** The nearest rows to a vector that a person pastes, to a row, or to a text. */
export function VectorSearch({ table, query }: { table: VectorTable; query: URLSearchParams }) {
  const { file, studio } = useHere();
  const embeds = table.embeds && studio.embeds;
  const asked = query.get('by') as By | null;
  const by: By = asked === 'id' || asked === 'vector' || (asked === 'text' && embeds) ? asked : embeds ? 'text' : 'id';
  const [vector, setVector] = useState('');
  const [id, setId] = useState(query.get('id') ?? '');
  const [text, setText] = useState(query.get('text') ?? '');
  const [where, setWhere] = useState(query.get('where') ?? '');
  const k = Math.min(1_000, Math.max(1, Number(query.get('k') ?? 10) || 10));
  const mode = query.get('mode') === 'approximate' && table.index ? 'approximate' : 'exact';
  const [result, setResult] = useState<VectorSearchResult>();
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);

  const search = async () => {
    setBusy(true);
    setError(undefined);
    try {
      const request: VectorSearchRequest = {
        table: table.table,
        k,
        mode,
        ...(by === 'vector' && { vector: parseVector(vector, table.dimensions) }),
        ...(by === 'id' && { id }),
        ...(by === 'text' && { text }),
        ...(where.trim() !== '' && { where: parseWhere(where) }),
      };
      setResult(await post<VectorSearchResult>(apiAddress('vectorSearch', file.id), request));
      changeQuery({ by, id: by === 'id' ? id : undefined, text: by === 'text' ? text : undefined, where });
    } catch (failure) {
      setResult(undefined);
      setError(failure);
    }
    setBusy(false);
  };
  const hasQuestion = { vector: vector !== '', id: id !== '', text: text !== '' }[by];
  // A link to a search searches.
  const linked = query.get('id') ?? query.get('text');
  useEffect(() => {
    if (linked !== null) {
      if (by === 'id') setId(linked);
      void search();
    }
  }, [linked, mode, k]);
  useKeys('Search', [
    { key: '/', what: 'Go to the search', run: () => document.getElementById('vector-query')?.focus() },
  ]);

  const options: (readonly [By, string])[] = [
    ...(embeds ? [['text', 'Text'] as const] : []),
    ['id', 'A row'],
    ['vector', 'A vector'],
  ];
  return (
    <div class="view-body">
      <form
        class="vector-form"
        onSubmit={(event) => {
          event.preventDefault();
          void search();
        }}
      >
        <div class="toolbar">
          <span class="about">Nearest to</span>
          <Switches label="Nearest to" value={by} options={options} choose={(next) => changeQuery({ by: next })} />
          {by === 'vector' ? (
            <textarea
              id="vector-query"
              class="field"
              rows={2}
              aria-label="Vector"
              placeholder={`${count(table.dimensions)} numbers: [0.1, 0.2, …] or with spaces`}
              value={vector}
              onInput={({ currentTarget }) => setVector(currentTarget.value)}
            />
          ) : (
            <input
              id="vector-query"
              class="field grow"
              aria-label={by === 'id' ? 'Id of the row' : 'Text'}
              placeholder={by === 'id' ? 'Id of a row' : 'Text'}
              value={by === 'id' ? id : text}
              onInput={({ currentTarget: { value } }) => (by === 'id' ? setId(value) : setText(value))}
            />
          )}
        </div>
        <div class="toolbar">
          <label class="labeled">
            Rows
            <input
              class="field short"
              type="number"
              min={1}
              max={1000}
              value={k}
              onChange={({ currentTarget }) => changeQuery({ k: currentTarget.value })}
            />
          </label>
          {table.index && (
            <Switches
              label="How it searches"
              value={mode}
              options={[
                ['exact', 'Exact'],
                ['approximate', 'With the index'],
              ]}
              choose={(next) => changeQuery({ mode: next })}
            />
          )}
          {Object.keys(table.fields).length > 0 && (
            <label class="labeled grow">
              Where
              <input
                class="field mono grow"
                placeholder={'{"year": {"$gte": 1925}}'}
                value={where}
                onInput={({ currentTarget }) => setWhere(currentTarget.value)}
              />
            </label>
          )}
          <button type="submit" class="button main" disabled={busy || !hasQuestion}>
            Search
          </button>
          {result && (
            <span class="about" role="status">
              {counted(result.results.length, 'row')} in {duration(result.ms)}
            </span>
          )}
        </div>
      </form>
      {busy && <Loading what="Searching" />}
      {error !== undefined && <ErrorState error={shownError(error)} />}
      {result ? (
        <VectorTableRows table={table} rows={result.results} open={(row) => changeQuery({ row }, { replace: false })} />
      ) : (
        error === undefined && (
          <EmptyState title="What is near?">
            <p>Give a row of this table, or paste a vector. The map and the list of rows lead here too.</p>
          </EmptyState>
        )
      )}
    </div>
  );
}

import { useEffect, useState } from 'preact/hooks';
import type { HybridSearchResult, TextHit, TextSearchResult, TextTable } from '../../src/api/types.ts';
import { shownError } from '../client/errors.ts';
import { apiAddress, post } from '../client/request.ts';
import { useHere } from '../client/studio.ts';
import { count, counted, duration, number } from '../lib/format.ts';
import { useResource, useSettled } from '../lib/resource.ts';
import { changeQuery } from '../lib/router.ts';
import { EmptyState, ErrorState, Loading } from '../ui/message.tsx';
import { Hit } from './hit.tsx';
import { MATCHES } from './search-box.tsx';

const PAGE = 20;

export function SearchResults({ table, query, turn }: { table: TextTable; query: URLSearchParams; turn: number }) {
  const text = useSettled(query.get('q') ?? '', 150);
  const vectors = query.get('vectors');
  return vectors ? (
    <Hybrid table={table} text={text} vectors={vectors} turn={turn} />
  ) : (
    <Texts table={table} text={text} match={query.get('match')} turn={turn} />
  );
}

function Texts(props: { table: TextTable; text: string; match: string | null; turn: number }) {
  const { file } = useHere();
  const { table, text } = props;
  const match = MATCHES.find(([value]) => value === props.match)?.[0] ?? 'all';
  const [more, setMore] = useState<readonly TextHit[]>([]);
  const [failure, setFailure] = useState<unknown>();
  const request = { table: table.table, query: text, match, k: PAGE };
  const key = JSON.stringify([file.id, request]);
  const found = useResource(
    key,
    (signal) => post<TextSearchResult>(apiAddress('textSearch', file.id), request, signal),
    { version: props.turn, keep: true },
  );
  useEffect(() => setMore([]), [key, props.turn]);
  const { data } = found;
  const hits = [...(data?.results ?? []), ...more];
  const readMore = async () => {
    try {
      const next = await post<TextSearchResult>(apiAddress('textSearch', file.id), { ...request, offset: hits.length });
      setMore([...more, ...next.results]);
    } catch (error) {
      setFailure(error);
    }
  };
  const error = failure ?? found.error;
  return (
    <div class="view-body padded">
      {found.loading && <Loading what="Searching" />}
      {error ? (
        <ErrorState error={shownError(error)} retry={found.reload} />
      ) : (
        data && (
          <>
            <p class="about" role="status">
              {counted(data.total, 'document')} in {duration(data.ms)}
            </p>
            {data.total === 0 && (
              <EmptyState title="Nothing matches">
                <p>“Any word” asks for less than all words, and “Beginnings” finds words that start so.</p>
              </EmptyState>
            )}
            <ol class="hits">
              {hits.map((hit) => (
                <Hit key={hit.id} {...hit} about={`score ${number(hit.score)}`} />
              ))}
            </ol>
            {hits.length < data.total && (
              <button type="button" class="button" onClick={readMore}>
                Show more ({count(data.total - hits.length)} left)
              </button>
            )}
          </>
        )
      )}
    </div>
  );
}

function Hybrid(props: { table: TextTable; text: string; vectors: string; turn: number }) {
  const { file } = useHere();
  const request = { texts: props.table.table, vectors: props.vectors, query: props.text, k: PAGE };
  const found = useResource(
    JSON.stringify([file.id, request]),
    (signal) => post<HybridSearchResult>(apiAddress('textHybrid', file.id), request, signal),
    { version: props.turn, keep: true },
  );
  const { data } = found;
  return (
    <div class="view-body padded">
      {found.loading && <Loading what="Searching" />}
      {found.error ? (
        <ErrorState error={shownError(found.error)} retry={found.reload} />
      ) : (
        data && (
          <>
            <p class="about" role="status">
              {counted(data.results.length, 'document')} by words and by vectors, in {duration(data.ms)}
            </p>
            <ol class="hits">
              {data.results.map((hit) => (
                <Hit
                  key={hit.id}
                  {...hit}
                  about={[
                    hit.textRank === null ? 'not by words' : `by words ${hit.textRank}.`,
                    hit.vectorRank === null ? 'not by vectors' : `by vectors ${hit.vectorRank}.`,
                  ].join(', ')}
                />
              ))}
            </ol>
            <button type="button" class="button" onClick={() => changeQuery({ vectors: undefined })}>
              By words only
            </button>
          </>
        )
      )}
    </div>
  );
}

import { useEffect, useState } from 'preact/hooks';
import type { ColumnInfo, ColumnMatches } from '../../src/api/types.ts';
import { shownError } from '../client/errors.ts';
import { apiAddress, get } from '../client/request.ts';
import { useHere } from '../client/studio.ts';
import { count, counted } from '../lib/format.ts';
import { useSettled } from '../lib/resource.ts';
import { changeQuery } from '../lib/router.ts';
import { Marked } from '../ui/marked.tsx';
import { EmptyState, ErrorState, Loading } from '../ui/message.tsx';
import { SearchField } from '../ui/search-field.tsx';
import { summaryOf } from '../values/nodes.ts';
import { ElementDialog } from './element-dialog.tsx';
import { isNumeric } from './options.ts';

const PAGE = 100;

/** Looks for text in texts and documents, and for a number or a range of numbers in columns of numbers. */
export function ColumnSearch({ shown, query }: { shown: readonly ColumnInfo[]; query: URLSearchParams }) {
  const { file } = useHere();
  const [column] = shown;
  const find = useSettled(query.get('find') ?? '', 250);
  const [matches, setMatches] = useState<ColumnMatches['matches']>([]);
  const [next, setNext] = useState<number | null>(null);
  const [state, setState] = useState<'idle' | 'reading'>('idle');
  const [error, setError] = useState<unknown>();
  const [open, setOpen] = useState<number>();

  const read = async (start: number, old: ColumnMatches['matches'], signal?: AbortSignal) => {
    if (!column) return;
    setState('reading');
    setError(undefined);
    try {
      const address = apiAddress('columnSearch', file.id, { name: column.name, query: find, start, limit: PAGE });
      const found = await get<ColumnMatches>(address, signal);
      setMatches([...old, ...found.matches]);
      setNext(found.next);
      setState('idle');
    } catch (failure) {
      if (signal?.aborted) return;
      setError(failure);
      setState('idle');
    }
  };
  useEffect(() => {
    setMatches([]);
    setNext(null);
    if (find === '') return;
    const controller = new AbortController();
    void read(0, [], controller.signal);
    return () => controller.abort();
  }, [find, column?.name]);

  if (!column) return null;
  return (
    <div class="view-body padded">
      <SearchField
        label={`Search in ${column.name}`}
        placeholder={isNumeric(column) ? 'A number, or a range such as 0.5..1' : 'Text, in any case'}
        value={query.get('find') ?? ''}
        change={(text) => changeQuery({ find: text })}
      />
      {state === 'reading' && <Loading what="Searching" />}
      {error !== undefined && <ErrorState error={shownError(error)} />}
      {find !== '' && state === 'idle' && error === undefined && (
        <p class="about found" role="status">
          {next === null ? counted(matches.length, 'match') : `${count(matches.length)} matches so far`}
        </p>
      )}
      {find === '' ? (
        <EmptyState title={`What do you look for in ${column.name}?`} />
      ) : (
        <ul class="matches">
          {matches.map(({ row, cell }) => (
            <li key={row}>
              <button type="button" class="match" onClick={() => setOpen(row)}>
                <span class="aside">{count(row)}</span>
                <span class="mono">
                  <Marked text={summaryOf(cell)} find={isNumeric(column) ? '' : find} />
                </span>
              </button>
            </li>
          ))}
        </ul>
      )}
      {next !== null && state === 'idle' && (
        <button type="button" class="button" onClick={() => read(next, matches)}>
          Search on from row {count(next)}
        </button>
      )}
      {open !== undefined && <ElementDialog name={column.name} row={open} close={() => setOpen(undefined)} />}
    </div>
  );
}

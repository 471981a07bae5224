import { useId } from 'preact/hooks';
import type { Suggestions, TextTable } from '../../src/api/types.ts';
import { apiAddress, get } from '../client/request.ts';
import { useHere } from '../client/studio.ts';
import { count } from '../lib/format.ts';
import { useResource, useSettled } from '../lib/resource.ts';
import { changeQuery } from '../lib/router.ts';
import { SearchField } from '../ui/search-field.tsx';
import { Switches } from '../ui/switches.tsx';

export const MATCHES = [
  ['all', 'All words'],
  ['any', 'Any word'],
  ['phrase', 'Phrase'],
  ['prefix', 'Beginnings'],
  ['raw', 'FTS5'],
] as const;

/** The search, with words of the index that begin like what is being typed, and with vectors beside it if there are any. */
export function SearchBox({ table, query }: { table: TextTable; query: URLSearchParams }) {
  const { file, studio, overview } = useHere();
  const text = query.get('q') ?? '';
  const word = useSettled(/[\p{L}\p{N}]+$/u.exec(text)?.[0] ?? '', 120);
  const list = useId();
  const suggestions = useResource(
    word.length < 2 ? undefined : JSON.stringify([file.id, table.table, word]),
    (signal) =>
      get<Suggestions>(apiAddress('textSuggest', file.id, { table: table.table, prefix: word, k: 8 }), signal),
    { keep: true },
  );
  const before = text.slice(0, text.length - word.length);
  return (
    <div class="toolbar">
      <SearchField
        label={`Search in ${table.table}`}
        placeholder="Words"
        value={text}
        list={list}
        change={(q) => changeQuery({ q })}
      />
      <datalist id={list}>
        {(word.length < 2 ? [] : (suggestions.data?.suggestions ?? [])).map(({ term, documents }) => (
          <option key={term} value={`${before}${term}`}>
            {count(documents)}
          </option>
        ))}
      </datalist>
      <Switches
        label="How words must occur"
        value={MATCHES.find(([value]) => value === query.get('match'))?.[0] ?? 'all'}
        options={MATCHES}
        choose={(match) => changeQuery({ match })}
      />
      {studio.embeds && overview.vectors.length > 0 && (
        <label class="labeled">
          With vectors of
          <select
            class="field"
            value={query.get('vectors') ?? ''}
            onChange={({ currentTarget }) => changeQuery({ vectors: currentTarget.value })}
          >
            <option value="">nothing</option>
            {overview.vectors.map(({ table: name }) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </label>
      )}
    </div>
  );
}

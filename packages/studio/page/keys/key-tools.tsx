import { useState } from 'preact/hooks';
import type { KeyRef } from '../../src/api/types.ts';
import { shownError } from '../client/errors.ts';
import { keyText } from '../client/keys.ts';
import { apiAddress, postDownload } from '../client/request.ts';
import { useHere } from '../client/studio.ts';
import { count, counted } from '../lib/format.ts';
import { changeQuery } from '../lib/router.ts';
import { Icon } from '../ui/icon.tsx';
import { notify } from '../ui/notices.tsx';
import { SearchField } from '../ui/search-field.tsx';
import { Switches } from '../ui/switches.tsx';
import type { KeySelection } from './key-list.ts';
import { chooseFiles } from './upload-zone.tsx';

/** Search, folders, order, and what can be done with the keys that are chosen. */
export function KeyTools(props: {
  table: string;
  query: URLSearchParams;
  selection: KeySelection;
  chosen: ReadonlySet<KeyRef>;
  clear: () => void;
  remove: () => void;
  /** Deletes all keys of the range. */
  removeAll: () => void;
  create: () => void;
}) {
  const { table, query, selection, chosen } = props;
  const { file, canWrite } = useHere();
  const hasRange = query.has('from') || query.has('to');
  const [range, setRange] = useState(hasRange);
  return (
    <>
      <div class="toolbar">
        <SearchField
          label="Search in keys"
          placeholder="Text in keys, or ^prefix"
          value={query.get('find') ?? ''}
          change={(find) => changeQuery({ find })}
        />
        <Switches
          label="Folders"
          value={query.get('sep') ?? ''}
          options={[
            ['', 'Flat'],
            [':', 'By :'],
            ['/', 'By /'],
          ]}
          choose={(sep) => changeQuery({ sep, prefix: undefined })}
        />
        <button
          type="button"
          class="button"
          aria-pressed={selection.reverse}
          onClick={() => changeQuery({ reverse: !selection.reverse })}
        >
          <Icon name="sort" />
          {selection.reverse ? 'Descending' : 'Ascending'}
        </button>
        <button type="button" class="button" aria-expanded={range} onClick={() => setRange(!range)}>
          Range
        </button>
        {canWrite && (
          <>
            <button type="button" class="button" onClick={() => chooseFiles()}>
              <Icon name="upload" />
              Upload
            </button>
            <button type="button" class="button main" onClick={props.create}>
              New key
            </button>
          </>
        )}
      </div>
      {range && (
        <div class="toolbar">
          <label class="labeled">
            from
            <input
              class="field"
              value={query.get('from') ?? ''}
              onInput={({ currentTarget }) => changeQuery({ from: currentTarget.value })}
            />
          </label>
          <label class="labeled">
            before
            <input
              class="field"
              value={query.get('to') ?? ''}
              onInput={({ currentTarget }) => changeQuery({ to: currentTarget.value })}
            />
          </label>
        </div>
      )}
      {query.get('prefix') && <Folders prefix={query.get('prefix') ?? ''} separator={query.get('sep') ?? ''} />}
      <div class="toolbar chosen">
        {chosen.size > 0 ? (
          <>
            <strong role="status">{counted(chosen.size, 'key')} selected</strong>
            <button
              type="button"
              class="button"
              onClick={() => exportKeys(apiAddress('keysExport', file.id), table, [...chosen])}
            >
              <Icon name="download" />
              Export
            </button>
            {canWrite && (
              <button type="button" class="button danger" onClick={props.remove}>
                <Icon name="trash" />
                Delete {count(chosen.size)}
              </button>
            )}
            <button type="button" class="button quiet" onClick={props.clear}>
              Clear
            </button>
          </>
        ) : (
          <>
            {selection.contains === '' && (
              <a class="button quiet" href={apiAddress('keysExport', file.id, selection.range)} download>
                <Icon name="download" />
                Export these keys
              </a>
            )}
            {canWrite && selection.contains === '' && isPart(selection) && (
              <button type="button" class="button quiet" onClick={props.removeAll}>
                <Icon name="trash" />
                Delete all of them
              </button>
            )}
          </>
        )}
      </div>
    </>
  );
}

/** Whether it is a prefix or a range, and not the whole table. */
function isPart({ range }: KeySelection): boolean {
  return range.prefix !== undefined || range.gte !== undefined || range.lt !== undefined;
}

async function exportKeys(address: string, table: string, keys: readonly KeyRef[]): Promise<void> {
  try {
    await postDownload(address, { table, keys }, `${table}.ndjson`);
  } catch (error) {
    notify(shownError(error).message);
  }
}

function Folders({ prefix, separator }: { prefix: KeyRef; separator: string }) {
  const parts = separator === '' ? [keyText(prefix)] : keyText(prefix).split(separator).filter(Boolean);
  return (
    <nav class="folders" aria-label="Folders">
      <button type="button" onClick={() => changeQuery({ prefix: undefined }, { replace: false })}>
        All
      </button>
      {parts.map((part, index) => {
        const path = `${prefix.slice(0, 2)}${parts.slice(0, index + 1).join(separator)}${separator}`;
        return (
          <span key={path}>
            <Icon name="right" />
            <button type="button" onClick={() => changeQuery({ prefix: path }, { replace: false })}>
              {part}
            </button>
          </span>
        );
      })}
    </nav>
  );
}

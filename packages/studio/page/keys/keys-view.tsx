import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { KeyEntry, KeyRef } from '../../src/api/types.ts';
import { shownError } from '../client/errors.ts';
import { keyText, textKey } from '../client/keys.ts';
import { useTurn } from '../client/live.ts';
import { useHere } from '../client/studio.ts';
import { count, plural } from '../lib/format.ts';
import { useKeys } from '../lib/keyboard.ts';
import { useSettled } from '../lib/resource.ts';
import { changeQuery } from '../lib/router.ts';
import { EmptyState, ErrorState, Loading } from '../ui/message.tsx';
import { WindowedList } from '../ui/windowed-list.tsx';
import { ValueView } from '../values/value-view.tsx';
import { DeleteDialog } from './delete-dialog.tsx';
import { KeyRow } from './key-row.tsx';
import { KeyTools } from './key-tools.tsx';
import { NewKeyDialog } from './new-key-dialog.tsx';
import { selectionOf } from './selection.ts';
import { UploadZone } from './upload-zone.tsx';
import { useKeyList } from './use-key-list.ts';

const ROW_HEIGHT = 30;

export function KeysView({ table, query }: { table: string; query: URLSearchParams }) {
  const { file, canWrite } = useHere();
  const turn = useTurn(file.id);
  // The address changes with each letter; the list is asked when a person pauses.
  const search = useSettled(query.get('find') ?? '', 150);
  const selection = useMemo(() => selectionOf(table, query, search), [table, query, search]);
  const list = useKeyList(file.id, selection, turn);
  const [active, setActive] = useState(-1);
  const [chosen, setChosen] = useState<ReadonlySet<KeyRef>>(new Set());
  /** Where a selection of several begins: a key, because its row moves when others are added. */
  const [anchor, setAnchor] = useState<KeyRef>();
  // The row that the keyboard went to, while it has not been read.
  const wanted = useRef<number | undefined>(undefined);
  const [dialog, setDialog] = useState<'delete' | 'delete-range' | 'new'>();
  const open = query.get('key') ?? undefined;
  const total = list?.count ?? 0;

  useEffect(() => {
    setActive(-1);
    setChosen(new Set());
  }, [JSON.stringify(selection)]);
  // A link to a key, or Back, marks its row if it is among those that were read.
  useEffect(() => {
    if (open === undefined || !list || wanted.current === active) return;
    const entry = list.at(active);
    if (entry?.kind !== 'key' || entry.key !== open) setActive(list.indexOf(open));
  }, [open, list, list?.isReading]);

  const openRow = (index: number, replace: boolean) => {
    const entry = list?.at(index);
    if (entry?.kind === 'key') changeQuery({ key: entry.key }, { replace });
    else if (entry) changeQuery({ prefix: entry.prefix, key: undefined, find: undefined }, { replace: false });
  };
  const move = (to: number) => {
    const next = Math.max(0, Math.min(total - 1, to));
    setActive(next);
    wanted.current = next;
  };
  // A row that was jumped to is opened when it has been read.
  useEffect(() => {
    const entry = list?.at(active);
    if (wanted.current !== active || !entry) return;
    wanted.current = undefined;
    if (entry.kind === 'key') openRow(active, open !== undefined);
  });
  const toggle = (index: number) => {
    const entry = list?.at(index);
    if (entry?.kind !== 'key') return;
    const next = new Set(chosen);
    if (!next.delete(entry.key)) next.add(entry.key);
    setChosen(next);
    setAnchor(entry.key);
  };
  const chooseTo = (index: number) => {
    const next = new Set(chosen);
    const start = anchor === undefined ? -1 : (list?.indexOf(anchor) ?? -1);
    const from = start < 0 ? index : start;
    for (let row = Math.min(from, index); row <= Math.max(from, index); row++) {
      const entry = list?.at(row);
      if (entry?.kind === 'key') next.add(entry.key);
    }
    setChosen(next);
  };
  const up = () => changeQuery({ prefix: parentOf(query), key: undefined }, { replace: false });

  useKeys('Keys', [
    { key: 'j', what: 'Next key', run: () => move(active + 1) },
    { key: 'k', what: 'Previous key', run: () => move(active - 1) },
    { key: 'x', what: 'Select the key, or not', run: () => toggle(active) },
    { key: 'Enter', what: 'Open the key or folder', run: () => openRow(active, false) },
    { key: 'u', what: 'Up to the folder above', run: up },
    { key: 's', what: 'Turn the order around', run: () => changeQuery({ reverse: !selection.reverse }) },
    ...(canWrite
      ? [
          { key: 'n', what: 'New key', run: () => setDialog('new') },
          { key: 'Delete', what: 'Delete what is selected', run: () => askToDelete() },
        ]
      : []),
  ]);
  const askToDelete = () => {
    if (chosen.size === 0) {
      const entry = list?.at(active);
      if (entry?.kind !== 'key') return;
      setChosen(new Set([entry.key]));
    }
    setDialog('delete');
  };

  const listKeys = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 20, PageUp: -20, Home: -total, End: total }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      move(step === -total ? 0 : active + step);
    } else if (event.key === ' ') {
      event.preventDefault();
      toggle(active);
    }
  };
  const show = useCallback((first: number, end: number) => list?.show(first, end), [list]);

  return (
    <div class={`view keys${open !== undefined ? ' has-value' : ''}`}>
      <UploadZone table={table} prefix={selection.range.prefix ? keyText(selection.range.prefix) : ''}>
        <header class="view-head">
          <div class="view-title">
            <h1>{table}</h1>
            <span class="about" role="status">
              {list
                ? `${count(total)}${list.isComplete ? '' : '+'} ${plural(query.get('sep') ? 'entry' : 'key', total)}`
                : 'Counting…'}
            </span>
          </div>
          <KeyTools
            table={table}
            query={query}
            selection={selection}
            chosen={chosen}
            clear={() => setChosen(new Set())}
            remove={() => setDialog('delete')}
            removeAll={() => setDialog('delete-range')}
            create={() => setDialog('new')}
          />
        </header>
        <div class="keys-body">
          <section class="keys-list" aria-label="Keys">
            {(!list || (list.isReading && total === 0)) && <Loading what="Reading keys" />}
            {list?.error ? (
              <ErrorState error={shownError(list.error)} retry={() => list.renew()} />
            ) : list?.isComplete && total === 0 ? (
              <NoKeys query={query} canWrite={canWrite} />
            ) : (
              list && (
                <WindowedList
                  key={JSON.stringify(selection)}
                  label={`Keys of ${table}`}
                  count={total}
                  rowHeight={ROW_HEIGHT}
                  active={active}
                  identity={(index) => identityOf(list.at(index))}
                  isSelected={(index) => isChosen(list.at(index), chosen)}
                  render={(index) => (
                    <KeyRow
                      entry={list.at(index)}
                      find={selection.contains}
                      isChosen={isChosen(list.at(index), chosen)}
                    />
                  )}
                  show={show}
                  choose={(index, event) => {
                    setActive(index);
                    if (event.shiftKey) chooseTo(index);
                    else if (event.ctrlKey || event.metaKey || isMark(event.target)) toggle(index);
                    else openRow(index, false);
                  }}
                  keyDown={listKeys}
                />
              )
            )}
          </section>
          <section class="keys-value" aria-label="Value">
            {open === undefined ? (
              <EmptyState title="Choose a key">
                <p>
                  Its value shows here. <kbd>j</kbd> and <kbd>k</kbd> walk through the keys, <kbd>/</kbd> searches.
                </p>
              </EmptyState>
            ) : (
              <ValueView key={open} table={table} keyRef={open} close={() => changeQuery({ key: undefined })} />
            )}
          </section>
        </div>
      </UploadZone>
      {dialog === 'delete' && (
        <DeleteDialog
          request={{ kind: 'delete', table, keys: [...chosen] }}
          close={() => setDialog(undefined)}
          done={() => {
            if (open !== undefined && chosen.has(open)) changeQuery({ key: undefined });
            setChosen(new Set());
          }}
        />
      )}
      {dialog === 'delete-range' && (
        <DeleteDialog
          request={{ kind: 'delete-range', range: selection.range }}
          close={() => setDialog(undefined)}
          done={() => changeQuery({ key: undefined })}
        />
      )}
      {dialog === 'new' && (
        <NewKeyDialog
          table={table}
          prefix={selection.range.prefix ?? textKey('')}
          close={() => setDialog(undefined)}
          done={(key) => changeQuery({ key }, { replace: false })}
        />
      )}
    </div>
  );
}

function identityOf(entry: KeyEntry | undefined): string | undefined {
  return entry && (entry.kind === 'key' ? `key ${entry.key}` : `folder ${entry.prefix}`);
}

function isChosen(entry: { kind: string; key?: KeyRef } | undefined, chosen: ReadonlySet<KeyRef>): boolean {
  return entry?.key !== undefined && chosen.has(entry.key);
}

function isMark(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('.mark') !== null;
}

/** The folder above the present one. */
function parentOf(query: URLSearchParams): string | undefined {
  const prefix = query.get('prefix') ?? '';
  const separator = query.get('sep') ?? '';
  if (separator === '' || prefix === '') return undefined;
  const trimmed = prefix.endsWith(separator) ? prefix.slice(0, -separator.length) : prefix;
  const at = trimmed.lastIndexOf(separator);
  return at < 0 ? undefined : trimmed.slice(0, at + separator.length);
}

function NoKeys({ query, canWrite }: { query: URLSearchParams; canWrite: boolean }) {
  if (query.get('find') || query.get('prefix') || query.get('from') || query.get('to')) {
    return (
      <EmptyState title="No key matches">
        <p>Change the search, or show all keys.</p>
        <div class="toolbar">
          <button
            type="button"
            class="button"
            onClick={() => changeQuery({ find: undefined, prefix: undefined, from: undefined, to: undefined })}
          >
            Show all keys
          </button>
        </div>
      </EmptyState>
    );
  }
  return (
    <EmptyState title="There are no keys yet">
      <p>
        {canWrite ? (
          'Drop a file here to store it, or make a new key.'
        ) : (
          <>
            A program stores the first with <code>vault.set('key', value)</code>. This page shows it at once.
          </>
        )}
      </p>
    </EmptyState>
  );
}

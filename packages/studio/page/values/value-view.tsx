import { useState } from 'preact/hooks';
import type { KeyRef, PlanRequest, ValueView as Value } from '../../src/api/types.ts';
import { PlanDialog } from '../changes/plan-dialog.tsx';
import { shownError } from '../client/errors.ts';
import { isBinaryKey, keyText } from '../client/keys.ts';
import { useTurn } from '../client/live.ts';
import { apiAddress, get } from '../client/request.ts';
import { useHere } from '../client/studio.ts';
import { bytes, count } from '../lib/format.ts';
import { useKeys } from '../lib/keyboard.ts';
import { useResource } from '../lib/resource.ts';
import { copyText } from '../ui/copy.ts';
import { Icon } from '../ui/icon.tsx';
import { ErrorState, Loading } from '../ui/message.tsx';
import { Switches } from '../ui/switches.tsx';
import { Editor } from './editor.tsx';
import { HexView } from './hex-view.tsx';
import { Media } from './media.tsx';
import { TensorView } from './tensor-view.tsx';
import { TextContent } from './text-content.tsx';
import { ValueTree } from './value-tree.tsx';

type Mode = 'shown' | 'bytes' | 'edit';

/** One value: as what it is, as bytes, or in an editor; with where and how it is stored. */
export function ValueView({ table, keyRef, close }: { table: string; keyRef: KeyRef; close: () => void }) {
  const { file, canWrite } = useHere();
  const turn = useTurn(file.id);
  const place = { table, key: keyRef };
  const value = useResource(
    JSON.stringify([file.id, place]),
    (signal) => get<Value>(apiAddress('value', file.id, place), signal),
    { version: turn },
  );
  const [mode, setMode] = useState<Mode>('shown');
  const [change, setChange] = useState<PlanRequest>();
  const { data } = value;
  const canEdit = canWrite && data?.editable === true && (data.json !== null || (data.text !== null && !data.text.cut));
  useKeys('Value', [
    {
      key: 'c',
      what: 'Copy TypeScript that reads the value',
      run: () => data && copyText(data.code.typescript, 'TypeScript'),
    },
    { key: 'b', what: 'Show the bytes, or the value', run: () => setMode(mode === 'bytes' ? 'shown' : 'bytes') },
    ...(canEdit ? [{ key: 'e', what: 'Edit the value', run: () => setMode('edit') }] : []),
    { key: 'Escape', what: 'Close the value', run: close },
  ]);

  return (
    <article class="value">
      <header class="value-head">
        <h2 class="mono">{isBinaryKey(keyRef) ? `0x${keyText(keyRef)}` : keyText(keyRef) || '(the empty key)'}</h2>
        <button type="button" class="button quiet" onClick={close} aria-label="Close the value">
          <Icon name="close" />
        </button>
        {data && <ValueTools value={data} canEdit={canEdit} mode={mode} setMode={setMode} setChange={setChange} />}
      </header>
      {value.loading && <Loading what="Reading the value" />}
      {value.error ? (
        <ErrorState error={shownError(value.error)} retry={value.reload} />
      ) : (
        data && (
          <>
            {mode === 'edit' ? (
              <Editor value={data} close={() => setMode('shown')} review={setChange} />
            ) : mode === 'bytes' ? (
              <HexView
                address={apiAddress('raw', file.id, { ...place, form: 'stored' })}
                length={data.storedBytes}
                version={data.etag}
              />
            ) : (
              <Shown value={data} />
            )}
            <Details value={data} />
          </>
        )
      )}
      {change && (
        <PlanDialog
          title={
            change.kind === 'delete' ? 'Delete this key?' : change.kind === 'rename' ? 'Rename it?' : 'Store this?'
          }
          request={change}
          action={change.kind === 'delete' ? 'Delete' : change.kind === 'rename' ? 'Rename' : 'Store'}
          isDanger={change.kind === 'delete'}
          close={() => setChange(undefined)}
          done={() => {
            if (change.kind === 'delete') close();
            setMode('shown');
          }}
        />
      )}
    </article>
  );
}

function ValueTools(props: {
  value: Value;
  canEdit: boolean;
  mode: Mode;
  setMode: (mode: Mode) => void;
  setChange: (request: PlanRequest) => void;
}) {
  const { value, mode } = props;
  const { file, canWrite } = useHere();
  const { table, key, code } = value;
  const modes: (readonly [Mode, string])[] = [
    ['shown', 'Value'],
    ['bytes', 'Bytes'],
  ];
  if (props.canEdit) modes.push(['edit', 'Edit']);
  return (
    <div class="toolbar">
      <Switches label="How the value is shown" value={mode} options={modes} choose={props.setMode} />
      <button type="button" class="button" onClick={() => copyText(code.typescript, 'TypeScript')}>
        <Icon name="copy" />
        TypeScript
      </button>
      {code.python !== null && (
        <button type="button" class="button" onClick={() => copyText(code.python ?? '', 'Python')}>
          <Icon name="copy" />
          Python
        </button>
      )}
      <a
        class="button"
        download
        href={apiAddress('raw', file.id, {
          table,
          key,
          form: value.contentBytes === null ? 'stored' : 'content',
          download: '1',
        })}
      >
        <Icon name="download" />
        Download
      </a>
      {canWrite && (
        <button
          type="button"
          class="button danger"
          onClick={() => props.setChange({ kind: 'delete', table, keys: [key] })}
        >
          <Icon name="trash" />
          Delete
        </button>
      )}
    </div>
  );
}

function Shown({ value }: { value: Value }) {
  const { file } = useHere();
  const { table, key, kind, etag } = value;
  const place = { table, key };
  switch (kind) {
    case 'image':
    case 'audio':
    case 'video':
      return <Media kind={kind} address={apiAddress('raw', file.id, place)} mime={value.mime} version={etag} />;
    case 'text':
      return value.text && <TextContent text={value.text} place={place} length={value.contentBytes} />;
    case 'bytes':
      return <HexView address={apiAddress('raw', file.id, place)} length={value.contentBytes ?? 0} version={etag} />;
    case 'tensor':
      return value.tree && <TensorView node={value.tree} place={place} version={etag} />;
    case 'problem':
      return (
        <ErrorState
          error={{
            title: 'The value cannot be shown',
            message: value.problem?.message ?? 'The Studio does not read it.',
            hint: 'Its bytes can be looked at and downloaded.',
            code: value.problem?.code,
          }}
        />
      );
    case 'tree':
      return value.tree && <ValueTree key={etag} node={value.tree} place={place} />;
  }
}

function Details({ value }: { value: Value }) {
  const { location, header } = value;
  const facts: [string, string][] = [
    ['Encoding', value.encoding],
    ['In the file', bytes(value.storedBytes)],
    ...(value.contentBytes === null ? [] : [['Content', bytes(value.contentBytes)] as [string, string]]),
    ...(value.mime === null ? [] : [['Looks like', value.mime] as [string, string]]),
    ['Table', `${location.table}, row ${location.rowid}`],
    ['Encoding of the table', location.tableEncoding],
    ...(location.inParts ? [['Parts', count(location.parts)] as [string, string]] : []),
    ...(header ? [['Header', `${header.hex}: ${header.about}`] as [string, string]] : []),
  ];
  return (
    <footer class="value-facts">
      <dl class="facts">
        {facts.map(([name, text]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
    </footer>
  );
}

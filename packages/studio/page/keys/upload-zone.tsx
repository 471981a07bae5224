import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { UploadResult } from '../../src/api/types.ts';
import { RequestError, shownError } from '../client/errors.ts';
import { textKey } from '../client/keys.ts';
import { apiAddress, upload } from '../client/request.ts';
import { useHere } from '../client/studio.ts';
import { bytes, share } from '../lib/format.ts';
import { changeQuery } from '../lib/router.ts';
import { Dialog } from '../ui/dialog.tsx';
import { notify } from '../ui/notices.tsx';

interface Upload {
  readonly key: string;
  readonly content: File;
  readonly sent: number;
  readonly controller: AbortController;
  /** There is such a key: the person says whether it is replaced. */
  readonly exists?: boolean;
}

let ask: (() => void) | undefined;

/** Opens the browser's dialog to choose files that are then uploaded. */
export function chooseFiles(): void {
  ask?.();
}

/** Takes files that are dropped on it, and streams them into the table. */
export function UploadZone({
  table,
  prefix,
  children,
}: {
  table: string;
  prefix: string;
  children: ComponentChildren;
}) {
  const { file, canWrite } = useHere();
  const [isOver, setOver] = useState(false);
  const [uploads, setUploads] = useState<readonly Upload[]>([]);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    ask = () => field.current?.click();
    return () => {
      ask = undefined;
    };
  }, []);

  const change = (key: string, changes: Partial<Upload>) =>
    setUploads((old) => old.map((each) => (each.key === key ? { ...each, ...changes } : each)));
  const drop = (key: string) => setUploads((old) => old.filter((each) => each.key !== key));

  const send = async (content: File, key: string, overwrite: boolean) => {
    const controller = new AbortController();
    setUploads((old) => [...old.filter((each) => each.key !== key), { key, content, sent: 0, controller }]);
    try {
      const address = apiAddress('raw', file.id, { table, key: textKey(key), ...(overwrite && { overwrite: '1' }) });
      const result = await upload<UploadResult>(address, content, (sent) => change(key, { sent }), controller.signal);
      drop(key);
      notify(`${result.replaced ? 'Replaced' : 'Stored'} ${key}, ${bytes(result.bytes)}.`);
      changeQuery({ key: result.key }, { replace: false });
    } catch (error) {
      if (!overwrite && error instanceof RequestError && error.status === 409) {
        change(key, { exists: true });
        return;
      }
      drop(key);
      if (!controller.signal.aborted) notify(`${key} was not stored: ${shownError(error).message}`);
    }
  };
  const sendAll = (files: FileList | null | undefined) => {
    for (const content of files ?? []) void send(content, `${prefix}${content.name}`, false);
  };
  const asked = uploads.find(({ exists }) => exists);

  if (!canWrite) return <>{children}</>;
  return (
    <section
      class={`upload-zone${isOver ? ' over' : ''}`}
      aria-label="Keys and their values; files can be dropped here"
      onDragOver={(event) => {
        if (!event.dataTransfer?.types.includes('Files')) return;
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setOver(false);
      }}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        sendAll(event.dataTransfer?.files);
      }}
    >
      <input
        ref={field}
        type="file"
        multiple
        hidden
        aria-label="Files to store"
        onChange={({ currentTarget }) => {
          sendAll(currentTarget.files);
          currentTarget.value = '';
        }}
      />
      {children}
      {isOver && (
        <div class="drop-hint">Drop to store {prefix === '' ? 'under the name of the file' : `under ${prefix}`}</div>
      )}
      {uploads.length > 0 && (
        <ul class="uploads" aria-label="Uploads">
          {uploads.map(({ key, content, sent, controller, exists }) => (
            <li key={key}>
              <span class="mono">{key}</span>
              <div
                class="bar"
                role="progressbar"
                aria-label={`Upload of ${key}`}
                aria-valuemin={0}
                aria-valuemax={100}
                aria-valuenow={Math.round((sent / Math.max(1, content.size)) * 100)}
              >
                <div style={{ width: `${(sent / Math.max(1, content.size)) * 100}%` }} />
              </div>
              <span class="about">
                {exists
                  ? 'waits for an answer'
                  : `${share(sent / Math.max(1, content.size))} of ${bytes(content.size)}`}
              </span>
              <button type="button" class="button quiet" onClick={() => (exists ? drop(key) : controller.abort())}>
                Cancel
              </button>
            </li>
          ))}
        </ul>
      )}
      {asked && (
        <Dialog title="Replace the value?" close={() => drop(asked.key)}>
          <p>
            There is a key <code>{asked.key}</code> already. The file of {bytes(asked.content.size)} would replace it.
          </p>
          <div class="toolbar modal-actions">
            <button type="button" class="button" onClick={() => drop(asked.key)}>
              Keep the old value
            </button>
            <button type="button" class="button danger" onClick={() => send(asked.content, asked.key, true)}>
              Replace it
            </button>
          </div>
        </Dialog>
      )}
    </section>
  );
}

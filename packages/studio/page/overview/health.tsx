import { useRef, useState } from 'preact/hooks';
import type { VerifyMessage } from '../../src/api/types.ts';
import { shownError } from '../client/errors.ts';
import { apiAddress, getLines } from '../client/request.ts';
import { count, duration } from '../lib/format.ts';
import { ErrorState } from '../ui/message.tsx';

type Finding = Extract<VerifyMessage, { type: 'finding' }>;
type Progress = Extract<VerifyMessage, { type: 'progress' }>;
type State =
  | { readonly stage: 'idle' }
  | { readonly stage: 'running'; readonly progress: Progress | undefined }
  | { readonly stage: 'done'; readonly sound: boolean; readonly ms: number }
  | { readonly stage: 'failed'; readonly error: unknown };

/** Checks the file in the background, and shows how far it is and what was found. */
export function Health({ file }: { file: string }) {
  const [state, setState] = useState<State>({ stage: 'idle' });
  const [findings, setFindings] = useState<readonly Finding[]>([]);
  const running = useRef<AbortController>(undefined);

  const start = async () => {
    const controller = new AbortController();
    running.current = controller;
    setFindings([]);
    setState({ stage: 'running', progress: undefined });
    try {
      for await (const message of getLines<VerifyMessage>(apiAddress('verify', file), controller.signal)) {
        if (message.type === 'progress') setState({ stage: 'running', progress: message });
        else if (message.type === 'finding') setFindings((old) => [...old, message]);
        else if (message.type === 'end') setState({ stage: 'done', sound: message.sound, ms: message.ms });
        else setState({ stage: 'failed', error: new Error(message.problem.message) });
      }
    } catch (error) {
      setState(controller.signal.aborted ? { stage: 'idle' } : { stage: 'failed', error });
    }
  };

  return (
    <section class="card" aria-labelledby="health">
      <h2 id="health">Health</h2>
      <div class="toolbar">
        {state.stage === 'running' ? (
          <button type="button" class="button" onClick={() => running.current?.abort()}>
            Stop
          </button>
        ) : (
          <button type="button" class="button" onClick={start}>
            {state.stage === 'idle' ? 'Check the file' : 'Check again'}
          </button>
        )}
        <span role="status" class="about">
          {state.stage === 'idle' && 'Reads everything, and changes nothing.'}
          {state.stage === 'running' && `Checking ${state.progress?.what ?? 'the file'}…`}
          {state.stage === 'done' && (state.sound ? `All is sound (${duration(state.ms)}).` : 'There is damage.')}
        </span>
      </div>
      {state.stage === 'running' && <Bar progress={state.progress} />}
      {state.stage === 'failed' && <ErrorState error={shownError(state.error)} retry={start} />}
      {findings.length > 0 && (
        <ul class="findings">
          {findings.map((finding) => (
            <li key={finding.what}>
              <span class={`badge ${finding.sound ? 'good' : 'bad'}`}>{finding.sound ? 'sound' : 'damaged'}</span>
              <div>
                <strong>{finding.what}</strong> <span class="about">{finding.checked}</span>
                {finding.problems.map((problem) => (
                  <p key={problem}>{problem}</p>
                ))}
                {finding.more > 0 && <p>and {count(finding.more)} more</p>}
                {finding.notes.map((note) => (
                  <p key={note} class="about">
                    {note}
                  </p>
                ))}
              </div>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function Bar({ progress }: { progress: Progress | undefined }) {
  const part = progress?.total ? Math.min(1, progress.done / progress.total) : undefined;
  return (
    <div
      class="bar"
      role="progressbar"
      aria-label="Checked"
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={part === undefined ? undefined : Math.round(part * 100)}
    >
      <div style={{ width: `${(part ?? 0.05) * 100}%` }} />
    </div>
  );
}

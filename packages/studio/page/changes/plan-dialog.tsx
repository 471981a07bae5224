import { useEffect, useState } from 'preact/hooks';
import type { AppliedPlan, ChangePlan, PlannedChange, PlanRequest, ShownValue } from '../../src/api/types.ts';
import { shownError } from '../client/errors.ts';
import { keyText } from '../client/keys.ts';
import { apiAddress, post, remove } from '../client/request.ts';
import { useHere } from '../client/studio.ts';
import { bytes, count, counted } from '../lib/format.ts';
import { useResource } from '../lib/resource.ts';
import { Dialog } from '../ui/dialog.tsx';
import { ErrorState, Loading } from '../ui/message.tsx';
import { notify } from '../ui/notices.tsx';
import { diffLines } from './diff.ts';

/** Shows what a change would do, and does it when the person agrees: that, or nothing if the file has changed. */
export function PlanDialog(props: {
  title: string;
  request: PlanRequest;
  action: string;
  isDanger?: boolean;
  close: () => void;
  done: () => void;
}) {
  const { file } = useHere();
  const { request } = props;
  const plan = useResource(JSON.stringify(request), (signal) =>
    post<ChangePlan>(apiAddress('plans', file.id), request, signal),
  );
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>();
  const id = plan.data?.id;
  // A plan that is not carried out is forgotten by the server; it would be after ten minutes anyway.
  useEffect(
    () => () => {
      if (id !== undefined) remove(apiAddress('plan', file.id, {}, id)).catch(() => undefined);
    },
    [id],
  );

  const carryOut = async () => {
    if (id === undefined) return;
    setBusy(true);
    try {
      const applied = await post<AppliedPlan>(apiAddress('plan', file.id, {}, id));
      notify(`Done: ${counted(applied.count, 'change')}.`);
      props.done();
      props.close();
    } catch (error) {
      setFailure(error);
      setBusy(false);
    }
  };
  const again = () => {
    setFailure(undefined);
    plan.reload();
  };

  return (
    <Dialog title={props.title} close={props.close}>
      {plan.loading && <Loading what="Looking at what would change" />}
      {plan.error || failure ? (
        <ErrorState error={shownError(failure ?? plan.error)} retry={again} />
      ) : (
        plan.data && <Changes plan={plan.data} />
      )}
      <div class="toolbar modal-actions">
        <button type="button" class="button" onClick={props.close}>
          Cancel
        </button>
        <button
          type="button"
          class={`button ${props.isDanger ? 'danger' : 'main'}`}
          disabled={busy || !plan.data || plan.data.count === 0 || failure !== undefined}
          onClick={carryOut}
        >
          {props.action}
        </button>
      </div>
    </Dialog>
  );
}

function Changes({ plan }: { plan: ChangePlan }) {
  if (plan.count === 0) return <p>Nothing would change.</p>;
  const [only] = plan.changes;
  return (
    <>
      <p class="about">
        {counted(plan.count, 'key')}
        {plan.bytes > 0 && `, ${bytes(plan.bytes)} of values replaced or deleted`}
      </p>
      {plan.count === 1 && only ? (
        <Difference change={only} />
      ) : (
        <ul class="plan-list">
          {plan.changes.map((change) => (
            <li key={change.key}>
              <span class="mono">{keyText(change.key)}</span>
              <span class="about">
                {change.before ? `${change.before.encoding}, ${bytes(change.before.bytes)}` : 'new'}
              </span>
            </li>
          ))}
          {plan.count > plan.changes.length && <li>and {count(plan.count - plan.changes.length)} more</li>}
        </ul>
      )}
    </>
  );
}

function Difference({ change }: { change: PlannedChange }) {
  const lines = diffLines(textOf(change.before), textOf(change.after)).filter(
    ({ text, sign }) => text !== '' || sign === ' ',
  );
  return (
    <>
      <p>
        <code>{keyText(change.key)}</code>
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <section class="diff" tabIndex={0} aria-label="What changes">
        {lines.map(({ sign, text }, index) => (
          <span key={index} class={`diff-line${sign === '+' ? ' added' : sign === '-' ? ' removed' : ''}`}>
            {sign} {text}
            {'\n'}
          </span>
        ))}
      </section>
    </>
  );
}

function textOf(value: ShownValue | null): string {
  if (!value) return '';
  return value.text ?? `${value.encoding}, ${bytes(value.bytes)}`;
}

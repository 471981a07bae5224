import { useEffect, useRef, useState } from 'preact/hooks';
import type { SqlPlan, SqlResult } from '../../src/api/types.ts';
import { shownError } from '../client/errors.ts';
import { apiAddress, post, postDownload } from '../client/request.ts';
import { useHere } from '../client/studio.ts';
import { count, counted, duration } from '../lib/format.ts';
import { useKeys } from '../lib/keyboard.ts';
import { changeQuery } from '../lib/router.ts';
import { Icon } from '../ui/icon.tsx';
import { EmptyState, ErrorState, Loading } from '../ui/message.tsx';
import { notify } from '../ui/notices.tsx';
import { Plan } from './plan.tsx';
import { ResultGrid } from './result-grid.tsx';
import { Schema } from './schema.tsx';

type Answer = { readonly result: SqlResult } | { readonly plan: SqlPlan } | { readonly error: unknown };

/** Read-only queries. The query is part of the address, but runs only when a person says so. */
export function SqlView({ query }: { query: URLSearchParams }) {
  const { file } = useHere();
  const linked = query.get('q') ?? '';
  const [sql, setSql] = useState(linked);
  const [answer, setAnswer] = useState<Answer>();
  const [busy, setBusy] = useState(false);
  const running = useRef<AbortController>(undefined);
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => setSql(linked), [linked]);
  useEffect(() => () => running.current?.abort(), []);

  const ask = async (what: 'result' | 'plan') => {
    running.current?.abort();
    const controller = new AbortController();
    running.current = controller;
    setBusy(true);
    changeQuery({ q: sql });
    try {
      setAnswer(
        what === 'result'
          ? { result: await post<SqlResult>(apiAddress('sqlQuery', file.id), { sql }, controller.signal) }
          : { plan: await post<SqlPlan>(apiAddress('sqlPlan', file.id), { sql }, controller.signal) },
      );
    } catch (error) {
      setAnswer(controller.signal.aborted ? undefined : { error });
    }
    if (running.current === controller) setBusy(false);
  };
  const download = async (format: 'csv' | 'arrow') => {
    try {
      await postDownload(apiAddress('sqlExport', file.id), { sql, format }, `query.${format}`);
    } catch (error) {
      notify(shownError(error).message);
    }
  };
  const insert = (text: string) => {
    const element = field.current;
    if (!element) return;
    element.focus();
    element.setRangeText(text, element.selectionStart, element.selectionEnd, 'end');
    setSql(element.value);
  };
  useKeys('SQL', [
    { key: '/', what: 'Go to the query', run: () => field.current?.focus() },
    { key: 'Escape', what: 'Leave the query', inFields: true, run: () => field.current?.blur() },
    { key: 'r', what: 'Run the query (in it: Ctrl and Enter)', run: () => void ask('result') },
    { key: 'p', what: 'Show its plan', run: () => void ask('plan') },
  ]);
  const isEmpty = sql.trim() === '';

  return (
    <div class="view sql">
      <header class="view-head">
        <div class="view-title">
          <h1>SQL</h1>
          <span class="about">Reads only. Every query has a limit of rows and of time.</span>
        </div>
      </header>
      <div class="sql-body">
        <Schema insert={insert} choose={(text) => changeQuery({ q: text }, { replace: false })} />
        <div class="sql-main">
          <form
            class="sql-form"
            onSubmit={(event) => {
              event.preventDefault();
              void ask('result');
            }}
          >
            <textarea
              ref={field}
              class="field"
              rows={5}
              aria-label="Query"
              placeholder="SELECT …"
              spellcheck={false}
              value={sql}
              onInput={({ currentTarget }) => setSql(currentTarget.value)}
              onKeyDown={(event) => {
                if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
                  event.preventDefault();
                  void ask('result');
                }
              }}
            />
            <div class="toolbar">
              {busy ? (
                <button
                  type="button"
                  class="button"
                  onClick={() => {
                    running.current?.abort();
                    setBusy(false);
                  }}
                >
                  Stop
                </button>
              ) : (
                <button type="submit" class="button main" disabled={isEmpty}>
                  <Icon name="play" />
                  Run
                </button>
              )}
              <button type="button" class="button" disabled={isEmpty || busy} onClick={() => ask('plan')}>
                Plan
              </button>
              <span class="about" role="status">
                {answer && 'result' in answer && describe(answer.result)}
              </span>
              <span class="toolbar push">
                <button type="button" class="button quiet" disabled={isEmpty} onClick={() => download('csv')}>
                  <Icon name="download" />
                  CSV
                </button>
                <button type="button" class="button quiet" disabled={isEmpty} onClick={() => download('arrow')}>
                  <Icon name="download" />
                  Arrow
                </button>
              </span>
            </div>
          </form>
          <div class="sql-answer">
            {busy && <Loading what="Running the query" />}
            {answer && 'error' in answer ? (
              <ErrorState error={shownError(answer.error)} />
            ) : answer && 'plan' in answer ? (
              <Plan plan={answer.plan} />
            ) : answer ? (
              <ResultGrid result={answer.result} />
            ) : (
              !busy && (
                <EmptyState title="Ask the file">
                  <p>
                    Choose a table to begin with, or write a query. <kbd>Ctrl</kbd> <kbd>Enter</kbd> runs it.
                  </p>
                </EmptyState>
              )
            )}
          </div>
        </div>
      </div>
    </div>
  );
}

function describe({ rows, more, ms }: SqlResult): string {
  return `${more ? `The first ${count(rows.length)} rows` : counted(rows.length, 'row')} in ${duration(ms)}`;
}

import type { ComponentChildren } from 'preact';

/** Says that there is nothing here, why, and what to do. */
export function EmptyState({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="message">
      <h2>{title}</h2>
      {children}
    </div>
  );
}

export interface ShownError {
  readonly title: string;
  readonly message: string;
  readonly hint?: string | undefined;
  readonly code?: string | undefined;
}

/** Says what failed and what to do. */
export function ErrorState({ error, retry }: { error: ShownError; retry?: (() => void) | undefined }) {
  return (
    <div class="message failed" role="alert">
      <h2>{error.title}</h2>
      <p>{error.message}</p>
      {error.hint && <p>{error.hint}</p>}
      {error.code && (
        <p>
          <code>{error.code}</code>
        </p>
      )}
      {retry && (
        <div class="toolbar">
          <button type="button" class="button" onClick={retry}>
            Try again
          </button>
        </div>
      )}
    </div>
  );
}

/** A thin moving line at the top of what is being read. Screen readers hear it. */
export function Loading({ what = 'Reading' }: { what?: string }) {
  return (
    <div class="loading" role="status">
      <span class="hidden-label">{what}…</span>
    </div>
  );
}

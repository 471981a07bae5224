import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';

/** A modal dialog of the browser: it keeps the focus inside, Escape closes it, and the focus goes back afterwards. */
export function Dialog({ title, close, children }: { title: string; close: () => void; children: ComponentChildren }) {
  const element = useRef<HTMLDialogElement>(null);
  const name = useId();
  useEffect(() => {
    const before = document.activeElement;
    const { current } = element;
    current?.showModal();
    // A field, or the title: the browser would choose the first button, and scroll a long text away.
    current?.querySelector<HTMLElement>('input, textarea, .modal-title')?.focus();
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <dialog ref={element} class="modal" aria-labelledby={name} onClose={close} onCancel={close}>
      <h2 id={name} class="modal-title" tabIndex={-1}>
        {title}
      </h2>
      {children}
    </dialog>
  );
}

import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';

/** A modal dialog of the browser: it keeps the focus inside, Escape closes it, and the focus goes back afterwards. */
export function Dialog({ title, close, children }: { title: string; close: () => void; children: ComponentChildren }) {
  const element = useRef<HTMLDialogElement>(null);
  const name = useId();
  useEffect(() => {
    const before = document.activeElement;
    element.current?.showModal();
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <dialog ref={element} aria-labelledby={name} onClose={close} onCancel={close}>
      <h2 id={name} class="modal-title">
        {title}
      </h2>
      {children}
    </dialog>
  );
}

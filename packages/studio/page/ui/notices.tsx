import { useEffect, useState } from 'preact/hooks';

/** How long a notice stays. */
const SHOWN_MS = 4_000;

let add: ((text: string) => void) | undefined;

/** Tells the person that something was done. Screen readers read it out. */
export function notify(text: string): void {
  add?.(text);
}

export function Notices() {
  const [notices, setNotices] = useState<readonly { id: number; text: string }[]>([]);
  useEffect(() => {
    let next = 0;
    add = (text) => {
      const id = next++;
      setNotices((old) => [...old.slice(-2), { id, text }]);
      setTimeout(() => setNotices((old) => old.filter((each) => each.id !== id)), SHOWN_MS);
    };
    return () => {
      add = undefined;
    };
  }, []);
  return (
    <div class="notices" aria-live="polite">
      {notices.map(({ id, text }) => (
        <div class="notice" key={id}>
          {text}
        </div>
      ))}
    </div>
  );
}

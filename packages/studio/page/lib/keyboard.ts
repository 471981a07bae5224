import { useEffect, useRef } from 'preact/hooks';

export interface KeyBinding {
  /** As in `KeyboardEvent.key`: `j`, `/`, `Enter`, `Escape`. Two in a row are written `g k`. */
  readonly key: string;
  readonly what: string;
  readonly run: (event: KeyboardEvent) => void;
  /** Also while a field has the focus. */
  readonly inFields?: boolean;
}

type Layer = { readonly title: string; bindings: readonly KeyBinding[] };

/** The layers of what is on the page; the newest comes first. */
const layers: Layer[] = [];
let started = '';
let startedAt = 0;
/** How long the first of two keys waits for the second. */
const SECOND_KEY_MS = 1_200;

function isField(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
}

function handle(event: KeyboardEvent): void {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  const inField = isField(event.target);
  // An open dialog has the keys, except the help that lists them.
  if (document.querySelector('dialog[open]') && event.key !== '?') return;
  const pair = event.timeStamp - startedAt < SECOND_KEY_MS && started !== '' ? `${started} ${event.key}` : undefined;
  started = '';
  const found = (pair && find(pair, inField)) || find(event.key, inField);
  if (found) {
    event.preventDefault();
    found.run(event);
  } else if (!inField && layers.some(({ bindings }) => bindings.some(({ key }) => key.startsWith(`${event.key} `)))) {
    started = event.key;
    startedAt = event.timeStamp;
  }
}

function find(key: string, inField: boolean): KeyBinding | undefined {
  for (const { bindings } of layers) {
    const found = bindings.find((binding) => binding.key === key && (!inField || binding.inFields));
    if (found) return found;
  }
  return undefined;
}

export function listenToKeys(): void {
  addEventListener('keydown', handle);
}

/** The keys that do something now, for the help. */
export function activeKeys(): readonly { readonly title: string; readonly bindings: readonly KeyBinding[] }[] {
  return layers.filter(({ bindings }) => bindings.length > 0);
}

/** Keys that work while the component is on the page. Newer components come first. */
export function useKeys(title: string, bindings: readonly KeyBinding[]): void {
  const layer = useRef<Layer>({ title, bindings });
  layer.current.bindings = bindings;
  useEffect(() => {
    const mine = layer.current;
    layers.unshift(mine);
    return () => void layers.splice(layers.indexOf(mine), 1);
  }, []);
}

import { useEffect, useMemo, useState } from 'preact/hooks';

/**
 * Where the page is: `#/keys/kv?prefix=user`. The address after `#` never reaches a server, so keys and queries stay out
 * of logs, and the page works under any folder that the handler is mounted in.
 */
export interface Route {
  readonly path: readonly string[];
  readonly query: URLSearchParams;
}

export type Query = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = split(hash.replace(/^#?\/?/, ''));
  return { path: path.split('/').filter(Boolean).map(decode), query: new URLSearchParams(query) };
}

function split(text: string): [string, string] {
  const at = text.indexOf('?');
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

/** A typed address may hold a lone `%`: it then stands for what it says. */
function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Returns the address of a view. Entries of the query that are undefined or empty are left out. */
export function addressOf(path: readonly string[], query: Query = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (Array.isArray(value)) for (const each of value) search.append(name, each);
    else if (value !== undefined && value !== '' && value !== false)
      search.set(name, value === true ? '1' : String(value));
  }
  const text = search.toString();
  return `#/${path.map(encodeURIComponent).join('/')}${text === '' ? '' : `?${text}`}`;
}

/** Goes to a view. `replace` changes the address without a step that Back would take. */
export function goTo(address: string, { replace = false } = {}): void {
  if (location.hash === address) return;
  if (!replace) {
    location.hash = address;
    return;
  }
  history.replaceState(null, '', address);
  dispatchEvent(new HashChangeEvent('hashchange'));
}

export function useRoute(): Route {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const follow = () => setHash(location.hash);
    addEventListener('hashchange', follow);
    // On a busy machine, the address may have changed between the first drawing and now.
    follow();
    return () => removeEventListener('hashchange', follow);
  }, []);
  return useMemo(() => parseRoute(hash), [hash]);
}

/** Changes some entries of the query of the present view. */
export function changeQuery(changes: Query, { replace = true } = {}): void {
  const { path, query } = parseRoute(location.hash);
  const old = Object.fromEntries([...new Set(query.keys())].map((name) => [name, query.getAll(name)]));
  goTo(addressOf(path, { ...old, ...changes }), { replace });
}

import { textKey } from '../client/keys.ts';
import type { KeySelection } from './key-list.ts';

/** What the address asks for. A search that starts with `^` is a prefix; any other is text anywhere in the key. */
export function selectionOf(table: string, query: URLSearchParams, search: string): KeySelection {
  const folder = query.get('prefix') ?? '';
  const from = query.get('from') ?? '';
  const to = query.get('to') ?? '';
  const isPrefix = search.startsWith('^');
  const prefix = isPrefix ? textKey((folder === '' ? '' : folder.slice(2)) + search.slice(1)) : folder;
  return {
    range: {
      table,
      ...(prefix !== '' && prefix !== 't:' && { prefix }),
      ...(from !== '' && { gte: textKey(from) }),
      ...(to !== '' && { lt: textKey(to) }),
    },
    reverse: query.get('reverse') === '1',
    separator: query.get('sep') ?? '',
    contains: isPrefix ? '' : search,
  };
}

import type { KeyEntry } from '../../src/api/types.ts';
import { isBinaryKey, keyText } from '../client/keys.ts';
import { bytes, count } from '../lib/format.ts';
import { Icon } from '../ui/icon.tsx';
import { Marked } from '../ui/marked.tsx';

export function KeyRow({ entry, find, isChosen }: { entry: KeyEntry | undefined; find: string; isChosen: boolean }) {
  if (!entry) return <span class="waiting" />;
  if (entry.kind === 'folder') {
    return (
      <>
        <Icon name="folder" />
        <span class="key">{entry.name === '' ? '(no name)' : entry.name}</span>
        <span class="aside">
          {count(entry.count)}
          {entry.more && '+'}
        </span>
        <Icon name="right" />
      </>
    );
  }
  return (
    <>
      <span class={`mark${isChosen ? ' on' : ''}`}>{isChosen && <Icon name="check" />}</span>
      <span class="key">
        {isBinaryKey(entry.key) ? (
          <span class="kind-bytes">0x{keyText(entry.key)}</span>
        ) : keyText(entry.key) === '' ? (
          <i>(the empty key)</i>
        ) : (
          <Marked text={keyText(entry.key)} find={find} />
        )}
      </span>
      <span class="aside encoding">{entry.encoding}</span>
      <span class="aside size">{bytes(entry.bytes)}</span>
    </>
  );
}

import { useMemo, useState } from 'preact/hooks';
import type { ValueView } from '../../src/api/types.ts';
import { shownError } from '../client/errors.ts';
import { apiAddress, getBytes } from '../client/request.ts';
import { useHere } from '../client/studio.ts';
import { count } from '../lib/format.ts';
import { notify } from '../ui/notices.tsx';
import { highlight } from './highlight.ts';
import { readPart, type ValuePlace } from './place.ts';

const PART = 64 * 1024;

/** Text with colors of its language. It is never run or shown as what it may say it is. */
export function TextContent(props: { text: NonNullable<ValueView['text']>; place: ValuePlace; length: number | null }) {
  const { text, place, length } = props;
  const { file } = useHere();
  const [more, setMore] = useState('');
  const [isWhole, setWhole] = useState(!text.cut);
  const shown = text.v + more;
  const pieces = useMemo(() => highlight(shown, text.language), [shown, text.language]);
  const readMore = async () => {
    try {
      const part = await nextPart(file.id, place, shown, length);
      setMore(more + part.text);
      setWhole(part.isEnd);
    } catch (error) {
      notify(shownError(error).message);
    }
  };
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section class="text-content" tabIndex={0} aria-label="Text">
      <pre>
        {pieces.map(({ text: piece, kind }, index) =>
          kind === '' ? (
            piece
          ) : (
            <span key={index} class={kind}>
              {piece}
            </span>
          ),
        )}
      </pre>
      {!isWhole && (
        <button type="button" class="button" onClick={readMore}>
          Show more (after {count(shown.length)} characters)
        </button>
      )}
    </section>
  );
}

async function nextPart(
  file: string,
  place: ValuePlace,
  shown: string,
  length: number | null,
): Promise<{ text: string; isEnd: boolean }> {
  if (length === null) {
    const node = await readPart(file, place, '', shown.length, PART);
    if (node.t !== 'string') return { text: '', isEnd: true };
    return { text: node.v, isEnd: shown.length + node.v.length >= node.length };
  }
  // Bytes that are text: a character may be cut at the end of a range, and is read again with the next.
  const start = new TextEncoder().encode(shown).length;
  const end = Math.min(length, start + PART);
  const bytes = await getBytes(apiAddress('raw', file, place), start, end);
  const text = new TextDecoder('utf-8').decode(bytes, { stream: end < length });
  return { text, isEnd: end >= length };
}

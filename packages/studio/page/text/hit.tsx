import type { TextHit } from '../../src/api/types.ts';
import { changeQuery } from '../lib/router.ts';
import { MarkedRanges } from '../ui/marked.tsx';
import { titleOf } from '../values/nodes.ts';

/** A document that was found, with the places that match. */
export function Hit(props: Pick<TextHit, 'id' | 'value' | 'snippets'> & { about: string }) {
  const { id, value, snippets } = props;
  return (
    <li>
      <button type="button" class="hit" onClick={() => changeQuery({ row: id }, { replace: false })}>
        <span class="hit-head">
          <strong>{titleOf(value) ?? `Document ${id}`}</strong>
          <span class="aside">
            {id} · {props.about}
          </span>
        </span>
        {snippets.map(({ column, text, ranges, before, after }) => (
          <span key={column} class="snippet">
            {snippets.length > 1 && <span class="aside">{column}: </span>}
            {before && '… '}
            <MarkedRanges text={text} ranges={ranges} />
            {after && ' …'}
          </span>
        ))}
      </button>
    </li>
  );
}

import { useRef } from 'preact/hooks';
import type { SizeItem, Sizes } from '../../src/api/types.ts';
import { shownError } from '../client/errors.ts';
import { useTurn } from '../client/live.ts';
import { apiAddress, get } from '../client/request.ts';
import { useHere } from '../client/studio.ts';
import { bytes, count, share } from '../lib/format.ts';
import { type Resource, useResource } from '../lib/resource.ts';
import { addressOf } from '../lib/router.ts';
import { useSize } from '../lib/size.ts';
import { ErrorState, Loading } from '../ui/message.tsx';
import { treemap } from './treemap.ts';

/** The sizes read the whole file, so a file that changes all the time is not measured all the time. */
const SIZES_MS = 10_000;
const HEIGHT = 240;

const KINDS: Readonly<Record<SizeItem['kind'], string>> = {
  kv: 'keys',
  column: 'column',
  vectors: 'vectors',
  texts: 'texts',
  other: 'another table',
  meta: 'of the vault itself',
};

/** The sizes of what is in the file, which take longer than its overview. */
export function useSizes(): Resource<Sizes> {
  const { file } = useHere();
  const turn = useTurn(file.id, SIZES_MS);
  return useResource(`sizes ${file.id}`, (signal) => get<Sizes>(apiAddress('sizes', file.id), signal), {
    version: turn,
  });
}

export function SizeMap({ sizes }: { sizes: Resource<Sizes> }) {
  const box = useRef<HTMLDivElement>(null);
  const { width } = useSize(box);
  return (
    <section class="card" aria-labelledby="sizes">
      <h2 id="sizes">Where the bytes are</h2>
      <div ref={box} class="treemap" style={{ height: `${HEIGHT}px` }}>
        {sizes.error ? (
          <ErrorState error={shownError(sizes.error)} retry={sizes.reload} />
        ) : sizes.data ? (
          <Boxes sizes={sizes.data} width={width} />
        ) : (
          <Loading what="Measuring the file" />
        )}
      </div>
      {sizes.data && (
        <p class="about">
          {bytes(sizes.data.total)} in all, {bytes(sizes.data.free)} of it free for what comes next.
        </p>
      )}
    </section>
  );
}

function Boxes({ sizes, width }: { sizes: Sizes; width: number }) {
  const { file } = useHere();
  return (
    <ul>
      {treemap(sizes.items, (item) => item.bytes, width, HEIGHT).map(({ item, x, y, width, height }) => {
        const address = addressOfItem(file.id, item);
        const content = (
          <>
            <strong>{item.name}</strong>
            <span>{bytes(item.bytes)}</span>
            <span class="hidden-label">
              {KINDS[item.kind]}, {share(item.bytes / sizes.total)}
            </span>
          </>
        );
        const parts = item.children?.map((part) => `\n${part.name}: ${bytes(part.bytes)}`).join('') ?? '';
        const amount = item.count === null ? '' : `, ${count(item.count)} entries`;
        return (
          <li
            key={`${item.kind} ${item.name}`}
            class={`kind-${item.kind}${width < 70 || height < 40 ? ' small' : ''}`}
            style={{ left: `${x}px`, top: `${y}px`, width: `${width}px`, height: `${height}px` }}
            title={`${item.name} (${KINDS[item.kind]}): ${bytes(item.bytes)}${amount}${parts}`}
          >
            {address ? <a href={address}>{content}</a> : <div>{content}</div>}
          </li>
        );
      })}
    </ul>
  );
}

function addressOfItem(file: string, { kind, name }: SizeItem): string | undefined {
  switch (kind) {
    case 'kv':
      return addressOf([file, 'keys', name]);
    case 'column':
      return addressOf([file, 'columns'], { show: [name] });
    case 'vectors':
      return addressOf([file, 'vectors', name]);
    case 'texts':
      return addressOf([file, 'texts', name]);
    case 'other':
      return addressOf([file, 'sql'], { q: `SELECT * FROM "${name.replaceAll('"', '""')}" LIMIT 100` });
    default:
      return undefined;
  }
}

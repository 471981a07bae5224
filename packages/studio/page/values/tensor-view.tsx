import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { ImageShape, ValueNode } from '../../src/api/types.ts';
import { shownError } from '../client/errors.ts';
import { apiAddress } from '../client/request.ts';
import { useHere } from '../client/studio.ts';
import { bytes, count, number } from '../lib/format.ts';
import { useResource } from '../lib/resource.ts';
import { ErrorState, Loading } from '../ui/message.tsx';
import { Switches } from '../ui/switches.tsx';
import { VirtualRows } from '../ui/virtual-rows.tsx';
import { numbersOf } from './numbers.ts';
import { paint } from './picture.ts';
import type { ValuePlace } from './place.ts';
import { ValueTree } from './value-tree.tsx';

type Tensor = Extract<ValueNode, { t: 'tensor' }>;
type Numbers = ArrayLike<number | bigint>;

/** Larger tensors are shown by their first numbers, and can be downloaded. */
const MOST_BYTES = 32 * 1024 * 1024;
/** No dtype has more bytes per number. */
const MOST_BYTES_EACH = 8;

/** A tensor as a table of numbers, and as a picture if its shape is that of a picture. */
export function TensorView({ node, place, version }: { node: ValueNode; place: ValuePlace; version: string }) {
  if (node.t !== 'tensor' || node.length * MOST_BYTES_EACH > MOST_BYTES) {
    return (
      <>
        {node.t === 'tensor' && (
          <p class="value-empty">
            {bytes(node.length * MOST_BYTES_EACH)} or less of numbers are too many for a table here; the first ones:
          </p>
        )}
        <ValueTree node={node} place={place} />
      </>
    );
  }
  return <Whole node={node} place={place} version={version} />;
}

function Whole({ node, place, version }: { node: Tensor; place: ValuePlace; version: string }) {
  const { file } = useHere();
  const address = apiAddress('raw', file.id, { ...place, form: 'numbers' });
  const numbers = useResource(`${address} ${version}`, async (signal) => {
    const response = await fetch(address, { signal });
    if (!response.ok) throw new Error(`The numbers could not be read (${response.status}).`);
    return numbersOf(node.dtype, await response.arrayBuffer());
  });
  const [mode, setMode] = useState<'picture' | 'table'>(node.image ? 'picture' : 'table');
  return (
    <div class="tensor">
      <div class="toolbar">
        <strong>{node.shape.map(count).join(' × ') || 'a number'}</strong>
        <span class="about">
          {node.dtype}, {count(node.length)} numbers
        </span>
        {node.image && (
          <Switches
            label="How the tensor is shown"
            value={mode}
            options={[
              ['picture', 'Picture'],
              ['table', 'Numbers'],
            ]}
            choose={setMode}
          />
        )}
      </div>
      {numbers.error ? (
        <ErrorState error={shownError(numbers.error)} retry={numbers.reload} />
      ) : !numbers.data ? (
        <Loading what="Reading the numbers" />
      ) : node.image && mode === 'picture' ? (
        <Picture numbers={numbers.data} shape={node.image} />
      ) : (
        <Table numbers={numbers.data} shape={node.shape} />
      )}
    </div>
  );
}

function Picture({ numbers, shape }: { numbers: Numbers; shape: ImageShape }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [range, setRange] = useState('');
  useEffect(() => {
    if (canvas.current) setRange(paint(canvas.current, numbers, shape));
  }, [numbers, shape]);
  return (
    <figure class="media">
      <canvas
        ref={canvas}
        role="img"
        aria-label={`The tensor as a picture of ${shape.width} by ${shape.height} pixels`}
        class={shape.width < 128 ? 'coarse' : ''}
      />
      <figcaption class="about">
        {shape.layout} · {range}
      </figcaption>
    </figure>
  );
}

const ROW_HEIGHT = 26;
const CELL = 6.5;
/** More numbers in a row than this are left out of the table. */
const MOST_CELLS = 256;

function Table({ numbers, shape }: { numbers: Numbers; shape: readonly number[] }) {
  const width = Math.max(1, shape.at(-1) ?? 1);
  const rows = Math.ceil(numbers.length / width);
  const cells = Math.min(width, MOST_CELLS);
  const row = useCallback(
    (index: number) => (
      <div key={index} class="number-row" style={{ height: `${ROW_HEIGHT}px` }}>
        <span class="offset">{placeOf(index, shape)}</span>
        {Array.from({ length: cells }, (_, cell) => {
          const value = numbers[index * width + cell];
          return (
            <span key={cell} class="cell kind-number">
              {value === undefined ? '' : typeof value === 'bigint' ? String(value) : number(value)}
            </span>
          );
        })}
        {width > cells && <span class="about">and {count(width - cells)} more</span>}
      </div>
    ),
    [numbers, shape, width, cells],
  );
  return (
    <VirtualRows
      count={rows}
      rowHeight={ROW_HEIGHT}
      width={`${(cells + 2) * CELL}rem`}
      render={row}
      attributes={() => ({ class: 'hex', role: 'region', 'aria-label': 'Numbers of the tensor', tabIndex: 0 })}
    />
  );
}

/** The place of a row of numbers in all dimensions but the last. */
function placeOf(row: number, shape: readonly number[]): string {
  const places: number[] = [];
  let rest = row;
  for (const size of shape.slice(0, -1).toReversed()) {
    places.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return places.length === 0 ? '' : `[${places.join(', ')}]`;
}

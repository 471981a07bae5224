import { count, number } from '../lib/format.ts';
import type { Drawing } from './curve-data.ts';

/** The names of the curves, with their values under the pointer, or else at the end. */
export function CurveLegend(props: {
  drawing: Drawing;
  point: number | undefined;
  isRows: boolean;
  x: string | undefined;
}) {
  const { drawing, point, isRows, x } = props;
  const [xs = []] = drawing.data;
  const at = point !== undefined && point < xs.length ? point : xs.length - 1;
  const place = xs[at];
  return (
    <ul class="legend">
      {place !== undefined && (
        <li class="about">{isRows ? `row ${count(Math.round(place))}` : `${x} ${number(place)}`}</li>
      )}
      {drawing.lines.map(({ name, color, isFaint }, index) => {
        if (isFaint) return null;
        const value = nearest(drawing.data[index + 1] ?? [], at);
        return (
          <li key={name}>
            <span class="swatch" style={{ background: `var(--series-${color % 8})` }} aria-hidden="true" />
            <span>{name}</span>
            <strong>{value === undefined ? '–' : number(value)}</strong>
          </li>
        );
      })}
    </ul>
  );
}

/** Each curve has points of its own: the value is that of its nearest one. */
function nearest(values: ArrayLike<number | null | undefined>, at: number): number | undefined {
  for (let step = 0; step < values.length; step++) {
    for (const place of [at - step, at + step]) {
      const value = values[place];
      if (typeof value === 'number') return value;
    }
  }
  return undefined;
}

import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { ColumnList, Curve } from '../../src/api/types.ts';
import { orMissing, shownError } from '../client/errors.ts';
import { useTurn } from '../client/live.ts';
import { apiAddress, get } from '../client/request.ts';
import { useHere } from '../client/studio.ts';
import { useDark } from '../lib/appearance.ts';
import { count, duration } from '../lib/format.ts';
import { useKeys } from '../lib/keyboard.ts';
import { useResource } from '../lib/resource.ts';
import { changeQuery } from '../lib/router.ts';
import { useSize } from '../lib/size.ts';
import { ErrorState, Loading } from '../ui/message.tsx';
import { BrushValues } from './brush-values.tsx';
import { Chart } from './chart.ts';
import { drawingOf, rowsOf } from './curve-data.ts';
import { CurveLegend } from './curve-legend.tsx';
import { type CurveSource, curveSources } from './curve-sources.ts';
import { CurveTools } from './curve-tools.tsx';
import { type ColumnOptions, isNumeric } from './options.ts';
import { OtherFiles } from './other-files.tsx';

/** How soon the curves follow what another process appends. */
const LIVE_MS = 200;
/** Points for each pixel of the width: with a lowest and a highest one of each half, no hole shows in a dense curve. */
const POINTS_PER_PIXEL = 4;
const MOST_POINTS = 20_000;

export function Curves({ list, options }: { list: ColumnList; options: ColumnOptions }) {
  const { studio, file } = useHere();
  const box = useRef<HTMLDivElement>(null);
  const { width, height } = useSize(box);
  const others = studio.files.filter(({ id }) => id !== file.id && options.others.includes(id));
  const turn = useTurn(
    [file, ...others].map(({ id }) => id),
    LIVE_MS,
  );
  const { x, log, weight, method, start, end } = options;
  const names = options.shown.filter(isNumeric).map(({ name }) => name);
  const sources = curveSources(file, others, names);
  const points = Math.min(MOST_POINTS, Math.max(200, Math.round(width / 100) * 100 * POINTS_PER_PIXEL));
  const question = { x, method, start, end, points };
  const curves = useResource(
    width === 0 ? undefined : JSON.stringify([sources.map(({ label }) => label), file.id, options.others, question]),
    (signal) => Promise.all(sources.map((source) => curveOf(source, question, signal))),
    { version: turn, keep: true },
  );
  const found = useMemo(() => (curves.data ?? []).filter((curve) => curve !== undefined), [curves.data]);
  const missing = sources.filter((_, nth) => curves.data && curves.data[nth] === undefined).map(({ label }) => label);
  const [reads, setReads] = useState(false);
  const [brushed, setBrushed] = useState<{ start: number; end: number }>();
  const [point, setPoint] = useState<number>();
  const drawing = useMemo(() => drawingOf(found, { weight, log }), [found, weight, log]);
  const isDark = useDark();

  const chart = useRef<Chart>(undefined);
  const isReading = useRef(reads);
  isReading.current = reads;
  useEffect(() => {
    if (!reads) chart.current?.clearSelection();
  }, [reads]);
  const latest = useRef(found);
  latest.current = found;
  const part = (min: number, max: number) => {
    const [first] = latest.current;
    return first && rowsOf(first, min, max);
  };
  const zoom = (min: number, max: number) => {
    const rows = part(min, max);
    if (!rows) return;
    const longest = Math.max(...latest.current.map(({ length }) => length));
    const isAll = rows.start === 0 && rows.end >= longest;
    changeQuery({ from: isAll ? undefined : rows.start, to: isAll ? undefined : rows.end });
  };

  // The chart is made again when what it is made of changes, and gets new data otherwise.
  const shape = JSON.stringify([drawing.lines, log, isDark, x]);
  const hasPoints = (drawing.data[0]?.length ?? 0) > 0;
  useEffect(() => {
    if (!box.current || width === 0 || !hasPoints) return;
    const made = new Chart({
      element: box.current,
      width,
      height,
      log,
      isRows: x === undefined,
      drawing,
      zoom,
      reads: () => isReading.current,
      brush: (min, max) => setBrushed(part(min, max)),
      point: setPoint,
    });
    chart.current = made;
    return () => {
      made.destroy();
      chart.current = undefined;
    };
  }, [shape, width > 0, hasPoints]);
  useEffect(() => chart.current?.setData(drawing.data), [drawing]);
  useEffect(() => {
    if (width > 0) chart.current?.setSize(width, height);
  }, [width, height]);

  const reset = () => changeQuery({ from: undefined, to: undefined });
  useKeys('Curves', [
    { key: '+', what: 'Zoom in', run: () => chart.current?.zoomBy(0.5) },
    { key: '-', what: 'Zoom out', run: () => chart.current?.zoomBy(2) },
    { key: 'ArrowLeft', what: 'Move to the left', run: () => chart.current?.pan(-1) },
    { key: 'ArrowRight', what: 'Move to the right', run: () => chart.current?.pan(1) },
    { key: '0', what: 'Show all rows', run: reset },
    { key: 'r', what: 'A drag reads values, or zooms', run: () => setReads(!reads) },
  ]);

  const [first] = found;
  return (
    <div class="curves">
      <CurveTools list={list} options={options} reads={reads} setReads={setReads} reset={reset} />
      <OtherFiles chosen={options.others} missing={missing} />
      {curves.error ? (
        <ErrorState error={shownError(curves.error)} retry={curves.reload} />
      ) : (
        <>
          <CurveLegend drawing={drawing} point={point} isRows={x === undefined} x={x} />
          {curves.loading && !curves.data && <Loading what="Drawing" />}
          {first && !hasPoints && (
            <p class="value-empty">There is no point to draw: no element, or none with a number.</p>
          )}
          <figure class="chart" aria-label={`Curve of ${names.join(', ')}`} onDblClick={reset}>
            <div ref={box} class="chart-box" />
            {first && (
              <figcaption class="about">
                Rows {count(first.start)} to {count(Math.max(first.start, first.end - 1))} of {count(first.length)}
                {first.reduced && `, as ${count(first.xs.length)} points`}, {duration(first.ms)}
              </figcaption>
            )}
          </figure>
          {reads && <BrushValues sources={sources} range={brushed} />}
        </>
      )}
    </div>
  );
}

/** Reads a curve, under the name that the drawing gives it. Undefined if another file lacks the column. */
async function curveOf(source: CurveSource, question: object, signal: AbortSignal): Promise<Curve | undefined> {
  const { file, name, label, isOther } = source;
  const curve = get<Curve>(apiAddress('curve', file.id, { name, ...question }), signal);
  const found = isOther ? await orMissing(curve) : await curve;
  return found && { ...found, name: label };
}

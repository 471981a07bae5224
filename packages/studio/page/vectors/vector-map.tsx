import { useEffect, useRef, useState } from 'preact/hooks';
import type { VectorTable } from '../../src/api/types.ts';
import { shownError } from '../client/errors.ts';
import { useHere } from '../client/studio.ts';
import { useDark } from '../lib/appearance.ts';
import { count, counted, share } from '../lib/format.ts';
import { useKeys } from '../lib/keyboard.ts';
import { changeQuery } from '../lib/router.ts';
import { useSize } from '../lib/size.ts';
import { Icon } from '../ui/icon.tsx';
import { EmptyState, ErrorState, Loading } from '../ui/message.tsx';
import { Switches } from '../ui/switches.tsx';
import { colorOfGroup, MapCanvas } from './map-canvas.ts';
import type { MapPoints } from './map-points.ts';
import { RowsOfPoints } from './rows-of-points.tsx';
import { useMap } from './use-map.ts';

const WHEEL_STEP = 1.25;

/** All vectors of a table in two dimensions. A lasso lists those inside. */
export function VectorMap({ table, query }: { table: VectorTable; query: URLSearchParams }) {
  const { file } = useHere();
  const method = query.get('method') === 'neighbors' ? 'neighbors' : 'pca';
  const asked = query.get('color') ?? undefined;
  const color = asked !== undefined && asked in table.fields ? asked : undefined;
  const [again, setAgain] = useState(0);
  const map = useMap(file.id, { table: table.table, method, color }, again);
  const [mode, setMode] = useState<'move' | 'lasso'>('move');
  const [chosen, setChosen] = useState<readonly number[]>([]);
  const [near, setNear] = useState<string>();
  const box = useRef<HTMLDivElement>(null);
  const element = useRef<HTMLCanvasElement>(null);
  const canvas = useRef<MapCanvas>(undefined);
  const { width, height } = useSize(box);
  const isDark = useDark();

  useEffect(() => {
    if (!element.current) return;
    const made = new MapCanvas(element.current);
    canvas.current = made;
    return () => made.close();
  }, []);
  useEffect(() => canvas.current?.resize(width, height), [width, height]);
  useEffect(() => {
    if (canvas.current) canvas.current.points = map.points;
  }, [map.points]);
  useEffect(() => {
    if (canvas.current) canvas.current.chosen = chosen;
  }, [chosen]);
  useEffect(() => canvas.current?.draw(), [isDark]);
  useEffect(() => setChosen([]), [map.points?.ids]);
  useWheel(element, (event) => {
    canvas.current?.zoomAt(event.deltaY < 0 ? WHEEL_STEP : 1 / WHEEL_STEP, event.offsetX, event.offsetY);
  });
  useKeys('Map', [
    { key: '+', what: 'Zoom in', run: () => canvas.current?.zoomAt(1.5) },
    { key: '-', what: 'Zoom out', run: () => canvas.current?.zoomAt(1 / 1.5) },
    { key: '0', what: 'Show all points', run: () => canvas.current?.reset() },
    { key: 'l', what: 'A drag draws a lasso, or moves', run: () => setMode(mode === 'lasso' ? 'move' : 'lasso') },
    ...(
      [
        ['ArrowLeft', 60, 0],
        ['ArrowRight', -60, 0],
        ['ArrowUp', 0, 60],
        ['ArrowDown', 0, -60],
      ] as const
    ).map(([key, dx, dy]) => ({ key, what: 'Move', run: () => canvas.current?.pan(dx, dy) })),
  ]);

  const nearest = (event: PointerEvent) => {
    const index = canvas.current?.near(event.offsetX, event.offsetY) ?? -1;
    return map.points?.ids[index];
  };
  const down = (event: PointerEvent & { currentTarget: HTMLCanvasElement }) => {
    if (event.button !== 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    if (mode === 'lasso') canvas.current?.lassoTo(event.offsetX, event.offsetY);
  };
  const travelled = useRef(0);
  const move = (event: PointerEvent) => {
    if (event.buttons !== 1) {
      travelled.current = 0;
      setNear(nearest(event));
    } else if (mode === 'lasso') canvas.current?.lassoTo(event.offsetX, event.offsetY);
    else {
      travelled.current += Math.abs(event.movementX) + Math.abs(event.movementY);
      canvas.current?.pan(event.movementX, event.movementY);
    }
  };
  const up = (event: PointerEvent) => {
    if (mode === 'lasso') setChosen(canvas.current?.endLasso() ?? []);
    else if (travelled.current < 4) {
      const id = nearest(event);
      if (id !== undefined) changeQuery({ row: id }, { replace: false });
    }
    travelled.current = 0;
  };

  const fields = Object.keys(table.fields);
  return (
    <div class="map">
      <div class="toolbar map-tools">
        <Switches
          label="How the points are placed"
          value={method}
          options={[
            ['pca', 'Main axes'],
            ['neighbors', 'Neighbors'],
          ]}
          choose={(next) => changeQuery({ method: next })}
        />
        <Switches
          label="What a drag does"
          value={mode}
          options={[
            ['move', 'Move'],
            ['lasso', 'Lasso'],
          ]}
          choose={setMode}
        />
        <label class="labeled">
          Color
          <select
            class="field"
            value={color ?? ''}
            disabled={fields.length === 0}
            onChange={({ currentTarget }) => changeQuery({ color: currentTarget.value })}
          >
            <option value="">{fields.length === 0 ? 'no fields' : 'none'}</option>
            {fields.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <button type="button" class="button" onClick={() => canvas.current?.reset()}>
          <Icon name="reset" />
          All points
        </button>
        <span class="about push" role="status">
          {map.stage ?? (map.points && <Counts points={map.points} explained={map.explained} method={method} />)}
        </span>
      </div>
      {map.points && <Legend points={map.points} />}
      <div class={`map-body${chosen.length > 0 ? ' has-rows' : ''}`}>
        <div class="map-box" ref={box}>
          {map.stage !== undefined && <Loading what={map.stage} />}
          {map.error ? (
            <ErrorState error={shownError(map.error)} retry={() => setAgain(again + 1)} />
          ) : (
            map.points?.ids.length === 0 && (
              <EmptyState title="There are no vectors yet">
                <p>
                  A program adds the first with <code>vault.insert(vector, value)</code>.
                </p>
              </EmptyState>
            )
          )}
          <canvas
            ref={element}
            role="img"
            aria-label={`Map of ${counted(map.points?.ids.length ?? 0, 'vector')}; the tab Rows lists them`}
            class={mode}
            onPointerDown={down}
            onPointerMove={move}
            onPointerUp={up}
            onPointerLeave={() => setNear(undefined)}
          />
          {near !== undefined && <span class="map-near badge">{near}</span>}
        </div>
        {chosen.length > 0 && map.points && (
          <RowsOfPoints
            table={table}
            ids={chosen.map((index) => map.points?.ids[index] ?? '')}
            close={() => setChosen([])}
          />
        )}
      </div>
    </div>
  );
}

function useWheel(element: { current: HTMLCanvasElement | null }, run: (event: WheelEvent) => void): void {
  const latest = useRef(run);
  latest.current = run;
  useEffect(() => {
    const { current } = element;
    const wheel = (event: WheelEvent) => {
      event.preventDefault();
      latest.current(event);
    };
    // A listener of Preact would be passive, and the page would scroll.
    current?.addEventListener('wheel', wheel, { passive: false });
    return () => current?.removeEventListener('wheel', wheel);
  }, [element]);
}

function Counts(props: { points: MapPoints; explained: number | undefined; method: string }) {
  const { points, explained, method } = props;
  const { ids, total } = points;
  return (
    <>
      {ids.length < total ? `${count(ids.length)} of ${counted(total, 'vector')}` : counted(total, 'vector')}
      {method === 'pca' && explained !== undefined && `, ${share(explained)} of the variance`}
    </>
  );
}

function Legend({ points }: { points: MapPoints }) {
  if (points.groups.length < 2) return null;
  return (
    <ul class="legend">
      {points.groups.map((group, index) => (
        <li key={index} class={group.name === '' ? 'step' : ''}>
          <span class="swatch" style={{ background: colorOfGroup(group) }} aria-hidden="true" />
          {group.name !== '' && (
            <span>
              {group.name} <span class="aside">{count(group.members.length)}</span>
            </span>
          )}
        </li>
      ))}
    </ul>
  );
}

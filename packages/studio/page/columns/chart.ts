import uPlot from 'uplot';
import { colorOf, seriesColor } from '../lib/appearance.ts';
import { count, number } from '../lib/format.ts';
import type { Drawing } from './curve-data.ts';

export interface ChartOptions {
  readonly element: HTMLElement;
  readonly width: number;
  readonly height: number;
  readonly log: boolean;
  /** The axis is rows, which are whole numbers. */
  readonly isRows: boolean;
  readonly drawing: Drawing;
  /** A person asks for a part of the axis. */
  readonly zoom: (min: number, max: number) => void;
  /** Whether a drag reads a part of the axis, instead of zooming to it. */
  readonly reads: () => boolean;
  readonly brush: (min: number, max: number) => void;
  /** Which point is under the pointer. */
  readonly point: (index: number | undefined) => void;
}

/** How long a wheel must rest before the server is asked for the finer points. */
const REST_MS = 140;
const WHEEL_STEP = 1.2;
const PAN_SHARE = 0.2;

/** Curves on a canvas. Zoom and pan move what is there at once; the finer points come from the server. */
export class Chart {
  readonly #plot: uPlot;
  readonly #options: ChartOptions;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: ChartOptions) {
    this.#options = options;
    const { drawing, log, isRows } = options;
    const axis: uPlot.Axis = {
      stroke: colorOf('muted'),
      grid: { stroke: colorOf('line'), width: 1 },
      ticks: { show: false },
      font: `12px ${getComputedStyle(document.body).fontFamily}`,
    };
    this.#plot = new uPlot(
      {
        width: options.width,
        height: options.height,
        padding: [12, 16, 0, 4],
        legend: { show: false },
        scales: { x: { time: false }, y: log ? { distr: 3 } : {} },
        axes: [
          { ...axis, values: (_, ticks) => ticks.map((tick) => (isRows ? wholeOnly(tick) : number(tick))) },
          { ...axis, size: 68, values: (_, ticks) => ticks.map((tick) => (tick === null ? '' : number(tick))) },
        ],
        series: [
          {},
          ...drawing.lines.map(({ name, color, isFaint, isScatter }) => ({
            label: name,
            stroke: isFaint ? `${seriesColor(color)}40` : seriesColor(color),
            width: isFaint ? 1 : 1.6,
            ...(isScatter && { paths: () => null, points: { show: true, size: 4, fill: seriesColor(color) } }),
          })),
        ],
        cursor: {
          points: { size: 7 },
          drag: { x: true, y: false, setScale: false },
          // Shift and a drag move the axis instead.
          bind: { mousedown: (_, __, handler) => (event) => (event.shiftKey ? null : handler(event)) },
        },
        hooks: {
          setSelect: [(plot) => this.#selected(plot)],
          setCursor: [(plot) => options.point(plot.cursor.idx ?? undefined)],
        },
      },
      drawing.data,
      options.element,
    );
    this.#plot.over.addEventListener('wheel', this.#wheel, { passive: false });
    this.#plot.over.addEventListener('mousedown', this.#startPan);
  }

  setData(data: uPlot.AlignedData): void {
    this.#plot.setData(data);
  }

  setSize(width: number, height: number): void {
    this.#plot.setSize({ width, height });
  }

  clearSelection(): void {
    this.#plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  }

  destroy(): void {
    clearTimeout(this.#timer);
    this.#plot.destroy();
  }

  zoomBy(factor: number, center = 0.5): void {
    const { min = 0, max = 1 } = this.#plot.scales.x ?? {};
    const middle = min + (max - min) * center;
    this.#move(middle - (middle - min) * factor, middle + (max - middle) * factor);
  }

  panBy(direction: number): void {
    const { min = 0, max = 1 } = this.#plot.scales.x ?? {};
    const step = (max - min) * direction;
    this.#move(min + step, max + step);
  }

  pan(direction: -1 | 1): void {
    this.panBy(direction * PAN_SHARE);
  }

  #move(min: number, max: number): void {
    this.#plot.setScale('x', { min, max });
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#options.zoom(min, max), REST_MS);
  }

  #selected(plot: uPlot): void {
    const { left, width } = plot.select;
    if (width < 4) return;
    const min = plot.posToVal(left, 'x');
    const max = plot.posToVal(left + width, 'x');
    if (this.#options.reads()) {
      this.#options.brush(min, max);
      return;
    }
    this.clearSelection();
    this.#move(min, max);
  }

  readonly #wheel = (event: WheelEvent): void => {
    event.preventDefault();
    const { width } = this.#plot.over.getBoundingClientRect();
    if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      this.panBy((event.deltaX || event.deltaY) / width);
      return;
    }
    this.zoomBy(event.deltaY < 0 ? 1 / WHEEL_STEP : WHEEL_STEP, (this.#plot.cursor.left ?? width / 2) / width);
  };

  readonly #startPan = (down: MouseEvent): void => {
    if (!down.shiftKey) return;
    down.preventDefault();
    const { width } = this.#plot.over.getBoundingClientRect();
    let last = down.clientX;
    const move = (event: MouseEvent) => {
      this.panBy((last - event.clientX) / width);
      last = event.clientX;
    };
    addEventListener('mousemove', move);
    addEventListener('mouseup', () => removeEventListener('mousemove', move), { once: true });
  };
}

function wholeOnly(tick: number): string {
  return Number.isInteger(tick) ? count(tick) : '';
}

import { colorOf, seriesColor } from '../lib/appearance.ts';
import { isInside, type MapPoints, type PointGroup } from './map-points.ts';

type Corner = readonly [x: number, y: number];

/** How near the pointer must be to a point. */
const REACH = 10;
const MARGIN = 24;
/** More points than this are written as pixels. */
const MOST_SQUARES = 8_000;
/** How much each point adds to what a pixel covers, of 255. */
const DENSER = 110;

/** Points on a canvas, with a view that is moved and zoomed. All of them are drawn again, in one frame. */
export class MapCanvas {
  readonly #canvas: HTMLCanvasElement;
  #points: MapPoints | undefined;
  #width = 1;
  #height = 1;
  #zoom = 1;
  #centerX = 0;
  #centerY = 0;
  #frame = 0;
  #lasso: Corner[] = [];
  #chosen: readonly number[] = [];
  #near = -1;

  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas;
  }

  close(): void {
    cancelAnimationFrame(this.#frame);
  }

  set points(points: MapPoints | undefined) {
    this.#points = points;
    this.draw();
  }

  set chosen(chosen: readonly number[]) {
    this.#chosen = chosen;
    this.draw();
  }

  resize(width: number, height: number): void {
    this.#width = width;
    this.#height = height;
    const ratio = devicePixelRatio;
    this.#canvas.width = Math.round(width * ratio);
    this.#canvas.height = Math.round(height * ratio);
    this.draw();
  }

  reset(): void {
    this.#zoom = 1;
    this.#centerX = 0;
    this.#centerY = 0;
    this.draw();
  }

  pan(dx: number, dy: number): void {
    this.#centerX -= dx / this.#scale;
    this.#centerY -= dy / this.#scale;
    this.draw();
  }

  /** Zooms, and keeps what is at a place of the canvas where it is. */
  zoomAt(factor: number, x = this.#width / 2, y = this.#height / 2): void {
    const mapX = this.#centerX + (x - this.#width / 2) / this.#scale;
    const mapY = this.#centerY + (y - this.#height / 2) / this.#scale;
    this.#zoom = Math.min(500, Math.max(0.5, this.#zoom * factor));
    this.#centerX = mapX - (x - this.#width / 2) / this.#scale;
    this.#centerY = mapY - (y - this.#height / 2) / this.#scale;
    this.draw();
  }

  /** The point at a place of the canvas, or -1. It is marked. */
  near(x: number, y: number): number {
    const { places = new Float32Array() } = this.#points ?? {};
    let best = REACH * REACH;
    let found = -1;
    for (let index = 0; index * 2 < places.length; index++) {
      const [px, py] = this.#place(index);
      const distance = (px - x) ** 2 + (py - y) ** 2;
      if (distance >= best) continue;
      best = distance;
      found = index;
    }
    if (found !== this.#near) {
      this.#near = found;
      this.draw();
    }
    return found;
  }

  lassoTo(x: number, y: number): void {
    this.#lasso.push([x, y]);
    this.draw();
  }

  /** Ends the lasso, and returns the points inside. */
  endLasso(): number[] {
    const polygon = this.#lasso;
    this.#lasso = [];
    const inside: number[] = [];
    const length = (this.#points?.places.length ?? 0) / 2;
    for (let index = 0; polygon.length > 2 && index < length; index++) {
      const [x, y] = this.#place(index);
      if (isInside(x, y, polygon)) inside.push(index);
    }
    this.draw();
    return inside;
  }

  draw(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.#paint());
  }

  get #scale(): number {
    return (Math.min(this.#width, this.#height) / 2 - MARGIN) * this.#zoom;
  }

  #place(index: number): Corner {
    const { places } = this.#points ?? {};
    const x = places?.[index * 2] ?? 0;
    const y = places?.[index * 2 + 1] ?? 0;
    return [
      this.#width / 2 + (x - this.#centerX) * this.#scale,
      // The y of a map grows upwards, that of a canvas downwards.
      this.#height / 2 + (-y - this.#centerY) * this.#scale,
    ];
  }

  #paint(): void {
    const context = this.#canvas.getContext('2d');
    const points = this.#points;
    if (!context) return;
    const ratio = devicePixelRatio;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, this.#width, this.#height);
    if (!points) return;
    const size = sizeOfPoints(points.ids.length, this.#zoom);
    if (points.ids.length > MOST_SQUARES) this.#paintPixels(context, points, size);
    else this.#paintSquares(context, points, size);
    context.fillStyle = colorOf('text');
    for (const index of this.#chosen) {
      const [x, y] = this.#place(index);
      context.fillRect(x - size / 2 - 0.5, y - size / 2 - 0.5, size + 1, size + 1);
    }
    if (this.#near >= 0) this.#ring(context, this.#place(this.#near), size);
    this.#paintLasso(context);
  }

  #paintSquares(context: CanvasRenderingContext2D, points: MapPoints, size: number): void {
    context.globalAlpha = 0.75;
    for (const group of points.groups) {
      context.fillStyle = colorOfGroup(group);
      for (const index of group.members) {
        const [x, y] = this.#place(index);
        if (x < -size || y < -size || x > this.#width + size || y > this.#height + size) continue;
        context.fillRect(x - size / 2, y - size / 2, size, size);
      }
    }
    context.globalAlpha = 1;
  }

  /** Writes the pixels itself: a hundred thousand squares would take longer than a frame. Where many are, it is denser. */
  #paintPixels(context: CanvasRenderingContext2D, { places, groups }: MapPoints, size: number): void {
    const { width, height } = this.#canvas;
    const ratio = devicePixelRatio;
    const side = Math.max(1, Math.round(size * ratio));
    const scale = this.#scale * ratio;
    const left = (this.#width / 2) * ratio - this.#centerX * scale - side / 2;
    const top = (this.#height / 2) * ratio - this.#centerY * scale - side / 2;
    const image = context.createImageData(width, height);
    const drawn = new Uint32Array(image.data.buffer);
    for (const group of groups) {
      const color = pixelOf(colorOfGroup(group)) & 0x00ffffff;
      for (const index of group.members) {
        const x = Math.round(left + (places[index * 2] ?? 0) * scale);
        const y = Math.round(top - (places[index * 2 + 1] ?? 0) * scale);
        if (x < 0 || y < 0 || x + side > width || y + side > height) continue;
        for (let row = y; row < y + side; row++) {
          for (let at = row * width + x; at < row * width + x + side; at++) {
            const alpha = Math.min(255, ((drawn[at] ?? 0) >>> 24) + DENSER);
            drawn[at] = ((alpha << 24) | color) >>> 0;
          }
        }
      }
    }
    context.putImageData(image, 0, 0);
  }

  #ring(context: CanvasRenderingContext2D, [x, y]: Corner, size: number): void {
    context.strokeStyle = colorOf('text');
    context.lineWidth = 1.5;
    context.beginPath();
    context.arc(x, y, size + 3, 0, Math.PI * 2);
    context.stroke();
  }

  #paintLasso(context: CanvasRenderingContext2D): void {
    const [first, ...others] = this.#lasso;
    if (!first) return;
    context.beginPath();
    context.moveTo(...first);
    for (const corner of others) context.lineTo(...corner);
    context.closePath();
    context.strokeStyle = colorOf('accent');
    context.lineWidth = 1.5;
    context.stroke();
    context.globalAlpha = 0.12;
    context.fillStyle = colorOf('accent');
    context.fill();
    context.globalAlpha = 1;
  }
}

const pixels = new Map<string, number>();

/** The color as a pixel of a canvas has it, in the order of the machine. */
function pixelOf(color: string): number {
  const known = pixels.get(color);
  if (known !== undefined) return known;
  const context = new OffscreenCanvas(1, 1).getContext('2d');
  if (!context) return 0;
  context.fillStyle = color;
  context.fillRect(0, 0, 1, 1);
  const [pixel = 0] = new Uint32Array(context.getImageData(0, 0, 1, 1).data.buffer);
  pixels.set(color, pixel);
  return pixel;
}

function sizeOfPoints(count: number, zoom: number): number {
  const base = count > 20_000 ? 1.6 : count > 3_000 ? 2.4 : 4;
  return Math.min(9, base * Math.sqrt(Math.max(1, zoom)));
}

export function colorOfGroup({ color }: PointGroup): string {
  if ('series' in color) return seriesColor(color.series);
  // From blue over gray to amber: the ends differ in lightness for everybody.
  return `oklch(${55 + color.ramp * 22}% ${0.06 + Math.abs(color.ramp - 0.5) * 0.2} ${color.ramp < 0.5 ? 255 : 70})`;
}

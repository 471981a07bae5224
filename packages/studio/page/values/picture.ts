import type { ImageShape } from '../../src/api/types.ts';
import { number } from '../lib/format.ts';

/**
 * Draws numbers as a picture. Bytes are the colors themselves; of other numbers, 0 to 1 is taken as it is, and any other
 * range is stretched. Returns what was done, in words.
 */
export function paint(canvas: HTMLCanvasElement, numbers: ArrayLike<number | bigint>, shape: ImageShape): string {
  const { layout, width, height, channels } = shape;
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d');
  if (!context) return 'The browser gives no canvas.';
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < numbers.length; index++) {
    const value = Number(numbers[index]);
    if (!Number.isFinite(value)) continue;
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  const isBytes = numbers instanceof Uint8Array && max > 1;
  const isUnit = min >= 0 && max <= 1;
  const from = isBytes || isUnit ? 0 : min;
  const scale = 255 / (isBytes ? 255 : isUnit ? 1 : max - min || 1);
  const plane = width * height;
  const valueAt = (pixel: number, channel: number) =>
    (Number(numbers[layout === 'CHW' ? channel * plane + pixel : pixel * channels + channel]) - from) * scale;
  const image = context.createImageData(width, height);
  for (let pixel = 0; pixel < plane; pixel++) {
    const gray = valueAt(pixel, 0);
    image.data[pixel * 4] = gray;
    image.data[pixel * 4 + 1] = channels >= 3 ? valueAt(pixel, 1) : gray;
    image.data[pixel * 4 + 2] = channels >= 3 ? valueAt(pixel, 2) : gray;
    image.data[pixel * 4 + 3] = channels === 4 ? valueAt(pixel, 3) : 255;
  }
  context.putImageData(image, 0, 0);
  return isBytes ? 'bytes as colors' : `${number(min)} (dark) to ${number(max)} (light)`;
}

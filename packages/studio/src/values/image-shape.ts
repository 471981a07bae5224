import type { ImageShape } from '../api/types.ts';

const LARGEST_SIDE = 16_384;
/** The numbers of channels: gray, RGB, RGBA. */
const CHANNELS = [1, 3, 4];
/** A matrix with fewer columns is a table rather than a picture. */
const LEAST_SIDE = 4;

/** Returns how a tensor of this shape is a picture; undefined if it is not a picture. */
export function imageShapeOf(shape: readonly number[], dtype: string): ImageShape | undefined {
  if (dtype.endsWith('64') && !dtype.startsWith('f')) return undefined;
  // A batch of one picture is that picture.
  const own = shape.length === 4 && shape[0] === 1 ? shape.slice(1) : shape;
  const [first = 0, second = 0, third = 0] = own;
  if (own.length === 2) return checked({ layout: 'HW', height: first, width: second, channels: 1 });
  if (own.length !== 3) return undefined;
  if (CHANNELS.includes(third)) return checked({ layout: 'HWC', height: first, width: second, channels: third });
  if (CHANNELS.includes(first)) return checked({ layout: 'CHW', height: second, width: third, channels: first });
  return undefined;
}

function checked(image: ImageShape): ImageShape | undefined {
  const sides = [image.width, image.height];
  return sides.every((side) => side >= LEAST_SIDE && side <= LARGEST_SIDE) ? image : undefined;
}

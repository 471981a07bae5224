import { CorruptData, nativeCore } from '@kohakuvault/core-native/internal';
import type { DTypeInfo } from '@kohakuvault/packer';

/** Returns the bytes of one element in the tables of Python 1.x, where vectors of one shape have no type byte. */
export function bareBytes({ kind, shape, elemSize }: DTypeInfo): number {
  return kind === 'vec' && shape ? elemSize - 1 : elemSize;
}

/** Takes the type bytes away from vectors of one shape. */
export function bared({ element, elemSize }: DTypeInfo, framed: Uint8Array): Buffer {
  const count = framed.length / elemSize;
  const bare = Buffer.allocUnsafeSlow(framed.length - count);
  const wrong = count > 0 ? nativeCore().binding.unframeRows(element?.code ?? 0, framed, elemSize - 1, bare) : -1;
  if (wrong < 0) return bare;
  throw new CorruptData(
    `vector ${wrong} of ${count} begins with the type byte ${framed[wrong * elemSize]}; expected ${element?.code} ` +
      `(${element?.type})`,
  );
}

/** Puts the type bytes before vectors of one shape. */
export function framed({ element, elemSize }: DTypeInfo, bare: Uint8Array): Buffer {
  const count = bare.length / (elemSize - 1);
  const rows = Buffer.allocUnsafeSlow(bare.length + count);
  if (count > 0) nativeCore().binding.frameRows(element?.code ?? 0, bare, elemSize - 1, rows);
  return rows;
}

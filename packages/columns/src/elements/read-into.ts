import { describe, InvalidArgument, isTagged, refuseDetached } from '@kohakuvault/core-native/internal';
import type { DTypeInfo, ElementInfo, TypedArray } from '@kohakuvault/packer';
import type { EncodedBlock } from './encoded-block.ts';

/** Refuses what numbers or bytes of a dtype cannot be copied into. Returns how many elements fit. */
export function roomOf(info: DTypeInfo, target: TypedArray): number {
  const { kind, element, shape, elemSize } = info;
  const isBytes = kind === 'bytes' && elemSize > 0;
  if (!isBytes && (!element || (kind === 'vec' && !shape))) {
    throw new InvalidArgument(
      `readInto: the elements of ${info.dtype} are not numbers of one shape or bytes of one size; use slice`,
    );
  }
  const expected = isBytes ? 'Uint8Array' : (element as ElementInfo).array.name;
  if (!(ArrayBuffer.isView(target) && isTagged(target, expected))) {
    throw new InvalidArgument(`readInto: the target is ${describe(target)}; expected a ${expected}`);
  }
  refuseDetached('readInto: the target', target);
  return Math.floor(target.length / membersOfElement(info));
}

/** Returns how many members of a typed array an element takes. */
export function membersOfElement({ kind, shape, elemSize }: DTypeInfo): number {
  return kind === 'bytes' ? elemSize : (shape ?? []).reduce((product, size) => product * size, 1);
}

/** Whether elements are copied as they are stored. */
export function isCopied({ kind, element }: DTypeInfo): boolean {
  return kind !== 'vec' && element?.isNative !== false;
}

/** How a block becomes numbers. */
interface Decoder {
  readonly info: DTypeInfo;
  decodeAll(block: EncodedBlock): unknown;
  decodeTensor(block: EncodedBlock): unknown;
}

/** Copies the elements of a block into a typed array in which they fit. */
export function copyInto(codec: Decoder, block: EncodedBlock, target: TypedArray): void {
  const { info } = codec;
  if (isCopied(info)) {
    block.data.copy(Buffer.from(target.buffer, target.byteOffset, target.byteLength));
    return;
  }
  const data = info.kind === 'vec' ? (codec.decodeTensor(block) as { data: unknown }).data : codec.decodeAll(block);
  target.set(data as never);
}

import { BoolCodec } from './bool-codec.ts';
import { BytesCodec } from './bytes-codec.ts';
import type { Codec } from './codec.ts';
import { DocumentCodec } from './document-codec.ts';
import type { DTypeInfo } from './dtype.ts';
import type { Int64 } from './dtype-types.ts';
import { HalfCodec } from './half-codec.ts';
import { ScalarCodec } from './scalar-codec.ts';
import { StringCodec } from './string-codec.ts';
import { FixedVectorCodec, VectorCodec } from './vector-codec.ts';

/** Returns the codec of a dtype. */
export function codecOf(info: DTypeInfo, int64: Int64): Codec {
  const { kind, elemSize, element, shape, encoding } = info;
  const holdsNothing = info.dtype.split(':')[1] === '0';
  if (kind === 'scalar' && element) {
    if (element.type === 'bool') return new BoolCodec(element);
    return element.isNative ? new ScalarCodec(element, int64) : new HalfCodec(element);
  }
  if (kind === 'vec' && element) return shape ? new FixedVectorCodec(element, shape) : new VectorCodec(element);
  if (kind === 'str') return new StringCodec(elemSize, encoding ?? 'utf8', holdsNothing);
  if (kind === 'bytes') return new BytesCodec(elemSize, holdsNothing);
  return new DocumentCodec(kind === 'cbor' ? 'cbor' : 'msgpack', elemSize, holdsNothing);
}

export {
  beginsLikeHeader,
  Encoding,
  HEADER_LENGTH,
  header,
  Kind,
  readHeader,
  type StoredHeader,
} from './headers/header.ts';
export { type DecodeOptions, decodeValue } from './values/decode-value.ts';
export { type EncodeOptions, encodeValue } from './values/encode-value.ts';
/** @hidden */
export { ValueCodec } from './values/value-codec.ts';
export { Cbor, Json, MsgPack, Pickle } from './values/wrappers.ts';

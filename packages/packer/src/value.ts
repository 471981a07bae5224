export { type DecodeOptions, decodeValue } from './value/decode-value.ts';
export { type EncodeOptions, encodeValue } from './value/encode-value.ts';
export {
  beginsLikeHeader,
  Encoding,
  HEADER_LENGTH,
  header,
  Kind,
  readHeader,
  type StoredHeader,
} from './value/header.ts';
export { Cbor, Json, MsgPack, Pickle } from './value/wrappers.ts';

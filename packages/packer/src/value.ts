/** @hidden */
export { type CodecOptions, codecOf, storedDecoder } from './encodings/codec-of.ts';
/** @hidden */
export { decodeStored, EncodedCodec } from './encodings/encoded-codec.ts';
/** @hidden */
export { formatOf, recordFormat } from './encodings/format-of.ts';
/** @hidden */
export type { RecordFormat } from './encodings/records/record-format.ts';
/** @hidden */
export { NO_STRUCTURES, type StructureList } from './encodings/records/structure-list.ts';
export type {
  CustomEncoding,
  EncodedInput,
  EncodedOutput,
  EncodingName,
  ValueEncoding,
} from './encodings/value-encoding.ts';
/** @hidden */
export { nameOfEncoding, valueEncodingRule } from './encodings/value-encoding.ts';
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

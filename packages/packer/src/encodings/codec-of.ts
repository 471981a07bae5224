import { decodeValue } from '../values/decode-value.ts';
import { ValueCodec, type ValueNames } from '../values/value-codec.ts';
import { decodeStored, EncodedCodec } from './encoded-codec.ts';
import { formatOf } from './format-of.ts';
import type { StructureList } from './records/structure-list.ts';
import { type EncodingName, nameOfEncoding, type ValueEncoding } from './value-encoding.ts';

/** What decides how a vault encodes values. */
export interface CodecOptions {
  readonly autoPack: boolean;
  readonly headers: boolean;
  readonly valueEncoding: ValueEncoding;
}

/** Returns the codec of a vault. `vault` is the name of its class, and `structures` returns the list of the file. */
export function codecOf<Owner>(
  vault: string,
  names: ValueNames<Owner>,
  options: CodecOptions,
  structures: () => StructureList,
): ValueCodec<Owner> {
  const { valueEncoding } = options;
  if (valueEncoding === 'auto') return new ValueCodec(names, options);
  return new EncodedCodec(names, nameOfEncoding(vault, valueEncoding), formatOf(valueEncoding, structures));
}

/**
 * Returns what decodes the stored values of a table, and refuses what this package would not have written. Undefined if
 * only a program can decode them.
 */
export function storedDecoder(
  { name, valueEncoding }: { readonly name: string; readonly valueEncoding: EncodingName | undefined },
  structures: () => StructureList,
): ((stored: Buffer) => unknown) | undefined {
  if (valueEncoding === undefined) return undefined;
  if (valueEncoding === 'auto') return decodeValue;
  const format = formatOf(valueEncoding, structures);
  return (stored) => decodeStored(name, format, stored, true);
}

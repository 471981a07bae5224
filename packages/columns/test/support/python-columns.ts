// The columns of files that the Python package wrote, with the values that it reads there.
import { copyFileSync, readFileSync } from 'node:fs';
import { DataPacker, type DType } from '@kohakuvault/packer';
import { tempFile } from '../../../../tools/testing/src/temp.ts';
import { intended, type Tagged } from '../../../packer/test/support/intended.ts';
import { sorted } from '../../../packer/test/support/kv-cases.ts';
import { difference } from '../../../packer/test/support/same.ts';

export interface ExpectedColumn {
  name: string;
  dtype: string;
  varsize: boolean;
  values: Tagged[];
}

const FIXTURES = new URL('../../../../tools/fixtures/conformance/', import.meta.url);
/** The files with columns in the tables of Python 0.4 to 0.9. */
export const FILES = ['columns-0.7.1', 'structured-0.8.6', 'mixed-0.7.1', 'mixed-0.8.6'];
/** The files with columns in the tables of Python 1.x. */
export const BLOCK_FILES = ['columns-1.1.0', 'structured-1.1.0', 'mixed-1.1.0'];

export function columnsOf(file: string): ExpectedColumn[] {
  return JSON.parse(readFileSync(new URL(`${file}.expected.json`, FIXTURES), 'utf8')).columns;
}

/** Copies a file, because opening it can change it. */
export function copyOf(file: string): string {
  const copy = tempFile();
  copyFileSync(new URL(`${file}.db`, FIXTURES), copy);
  return copy;
}

/** Returns what we read for a value that Python reads. */
export function expectedValue(dtype: string, value: Tagged): unknown {
  const read = intended(value);
  // Python sorts the keys of documents.
  if (/^(msgpack|cbor)/.test(dtype)) return sorted(read);
  if (dtype === 'i64') return BigInt(read as number | bigint);
  // Without a fixed shape of one dimension every vector is a tensor.
  if (dtype.startsWith('vec:') && dtype.split(':').length !== 3 && value.t === 'ndarray' && ArrayBuffer.isView(read)) {
    return { data: read, shape: value.shape, dtype: dtype.split(':')[1] };
  }
  return read;
}

/** Returns the values that we write unchanged. In a document, an integral double becomes an integer. */
export function writable(dtype: string, values: readonly Tagged[]): Tagged[] {
  const packer = new DataPacker(dtype as DType);
  return values.filter((value) => {
    const given = expectedValue(dtype, value);
    const isDocument = typeof given === 'object' && given !== null && !ArrayBuffer.isView(given);
    if (isDocument && hasIntegralFloat(value)) return false;
    return difference(packer.unpack(packer.pack(given)), given) === undefined;
  });
}

function hasIntegralFloat(value: Tagged): boolean {
  if (value.t === 'float') return Number.isInteger(intended(value));
  if (value.t === 'list') return value.v.some(hasIntegralFloat);
  return value.t === 'dict' && value.v.some(([, inner]) => hasIntegralFloat(inner));
}

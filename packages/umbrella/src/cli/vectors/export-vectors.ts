import type { ElementType } from '@kohakuvault/packer';
import type { VectorType } from '@kohakuvault/vector';
import type { Call, OptionSpecs } from '../command/command.ts';
import type { OpenedFile } from '../file/opened-file.ts';
import { type Sink, writeTo } from '../formats/destination.ts';
import { formatOf } from '../formats/format.ts';
import { npyHeader } from '../formats/npy.ts';
import { recordLine, recordOf } from '../kv/json-record.ts';
import { inDefaultEncoding } from '../kv/open-table.ts';
import { encodedVectors, existingVectors } from './choose-vectors.ts';
import { jsonFields } from './json-fields.ts';

export const VECTOR_EXPORT_OPTIONS = {
  vectors: { type: 'string', value: 'table', about: 'export a table of vectors to .npy: one row per vector, by id' },
  values: {
    type: 'string',
    value: 'path',
    about: 'with --vectors: write their values and fields as JSON lines, in the same order',
  },
} as const satisfies OptionSpecs;

/** The element type of NumPy for each type of vectors. A byte holds eight bits. */
const ELEMENT_TYPES: Readonly<Record<VectorType, ElementType>> = { f32: 'f32', int8: 'i8', bit: 'u8' };

/** Writes a table of vectors as a matrix, and its values to a second file. Returns the number of vectors. */
export async function exportVectors(
  file: OpenedFile,
  name: string,
  target: string,
  call: Call<typeof VECTOR_EXPORT_OPTIONS>,
  asked: string | undefined,
): Promise<number> {
  formatOf(target, asked, 'vectors', ['npy']);
  const table = existingVectors(file, name);
  const vault = encodedVectors(file, table);
  const portable = inDefaultEncoding(file, table.table);
  const count = vault.size;
  const columns = table.vectorType === 'bit' ? table.dimensions / 8 : table.dimensions;
  using bar = call.progress({ label: 'exporting', unit: 'items', total: count });
  const write = async (matrix: Sink, values?: Sink) => {
    await matrix.write(npyHeader(ELEMENT_TYPES[table.vectorType], [count, columns]));
    let done = 0;
    const hasFields = vault.info().fields !== undefined;
    for (const [id, vector, stored] of vault) {
      await matrix.write(Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength));
      const record = recordOf(Buffer.from(String(id)), portable(stored));
      await values?.write(recordLine(hasFields ? { ...record, fields: jsonFields(vault.fields(id)) } : record));
      bar.update(++done);
    }
  };
  const { values } = call.options;
  if (values === undefined) await writeTo(target, call.output, write);
  else await writeTo(target, call.output, (matrix) => writeTo(values, call.output, (lines) => write(matrix, lines)));
  return count;
}

import type { Call, OptionSpecs } from '../command/command.ts';
import type { OpenedFile } from '../file/opened-file.ts';
import { writeTo } from '../formats/destination.ts';
import { formatOf } from '../formats/format.ts';
import { recordLine, recordOf } from '../kv/json-record.ts';
import { inDefaultEncoding } from '../kv/open-table.ts';
import { encodedTexts, existingTexts } from './choose-texts.ts';

export const TEXT_EXPORT_OPTIONS = {
  texts: { type: 'string', value: 'table', about: 'export a table of texts to JSON lines: ids, texts and values' },
} as const satisfies OptionSpecs;

/** Writes a table of texts as JSON lines, one object per document. Returns the number of documents. */
export async function exportTexts(
  file: OpenedFile,
  name: string,
  target: string,
  call: Call<typeof TEXT_EXPORT_OPTIONS>,
  asked: string | undefined,
): Promise<number> {
  formatOf(target, asked, 'texts', ['ndjson']);
  const table = existingTexts(file, name);
  const vault = encodedTexts(file, table);
  const portable = inDefaultEncoding(file, table.table);
  using bar = call.progress({ label: 'exporting', unit: 'items', total: vault.size });
  let done = 0;
  await writeTo(target, call.output, async (lines) => {
    for (const [id, texts, stored] of vault) {
      const { key: _, ...value } = recordOf(Buffer.from('id'), portable(stored)) as { key: string };
      await lines.write(recordLine({ id: String(id), texts, ...value }));
      bar.update(++done);
    }
  });
  return done;
}

import { printable } from '@kohakuvault/core-native/internal';
import type { TextResult } from '@kohakuvault/text';
import { oneOf, wholeNumber } from '../command/arguments.ts';
import { type Call, defineCommand } from '../command/command.ts';
import { OpenedFile } from '../file/opened-file.ts';
import { UNTRUSTED_OPTION } from '../file/untrusted-option.ts';
import { recordOf } from '../kv/json-record.ts';
import { inDefaultEncoding } from '../kv/open-table.ts';
import { plural } from '../terminal/text.ts';
import { encodedTexts, existingTexts } from '../texts/choose-texts.ts';

const K = 10;
const SNIPPET_TOKENS = 24;

export const command = defineCommand({
  usage: ['<file> <words>'],
  about:
    'Finds the documents of a table of texts that have all words, the best first. Words in quotes must stand next to ' +
    'each other, and a minus before a word leaves out the documents that have it.',
  least: 2,
  most: 2,
  options: {
    texts: { type: 'string', short: 't', value: 'table', about: 'the table of texts; needed if there are several' },
    limit: { type: 'string', short: 'n', value: 'count', about: `print at most this many; default ${K}` },
    match: { type: 'string', value: 'how', about: 'all (default), any, phrase, or raw for the language of FTS5' },
    prefix: { type: 'boolean', about: 'the last word may be the beginning of a word' },
    ...UNTRUSTED_OPTION,
  },
  examples: [
    ["docs.db 'write lock'", 'documents with both words'],
    ['docs.db \'"write lock" -reader\'', 'with the two side by side, and without a third'],
    ['docs.db lock --json', 'one JSON object per line: id, score, texts, highlights, value'],
  ],
  async run(call) {
    const { options, args, output } = call;
    const k = wholeNumber('limit', options.limit, 0) ?? K;
    const match = oneOf('match', options.match, ['all', 'any', 'phrase', 'raw']);
    using file = new OpenedFile(args[0] as string, { untrusted: options.untrusted });
    const table = existingTexts(file, options.texts);
    using vault = encodedTexts(file, table);
    const portable = inDefaultEncoding(file, table.table);
    const query = args[1] as string;
    const found = vault.search(query, {
      k,
      match,
      prefix: options.prefix,
      highlight: options.json,
      snippet: options.json ? false : { tokens: SNIPPET_TOKENS },
    });
    for (const result of found) {
      if (options.json) {
        const { key: _, ...value } = recordOf(Buffer.from('id'), portable(result.value)) as { key: string };
        const { id, score, texts, highlights } = result;
        await output.line(JSON.stringify({ id: String(id), score, texts, highlights, ...value }));
      } else {
        await output.line(shown(result, call));
      }
    }
    const all = vault.count(query, { match, prefix: options.prefix });
    if (!options.json)
      call.note(found.length < all ? `${found.length} of ${plural(all, 'document')}` : plural(all, 'document'));
    return undefined;
  },
});

function shown({ id, score, snippet }: TextResult<Buffer, string>, { style }: Call): string {
  const parts: string[] = [];
  let at = 0;
  const text = snippet?.text ?? '';
  for (const [start, end] of snippet?.ranges ?? []) {
    parts.push(printable(text.slice(at, start)), style.bold(style.yellow(printable(text.slice(start, end)))));
    at = end;
  }
  parts.push(printable(text.slice(at)));
  return `${style.cyan(String(id))}  ${style.dim(score.toFixed(3))}  ${parts.join('')}`;
}

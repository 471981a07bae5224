// Files and facts about them in one database: streamed in and out, wholly or not at all, and read from the middle.
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { KVault } from 'kohakuvault';

const folder = mkdtempSync(join(tmpdir(), 'media-vault-'));
const original = join(folder, 'film.raw');

/** Returns a simple film: a title, then frames. */
async function* film(): AsyncGenerator<Buffer> {
  yield Buffer.from('THE GENERAL     ');
  for (let frame = 0; frame < 64; frame++) yield Buffer.alloc(256 * 1024, frame);
}
await pipeline(film(), createWriteStream(original));

async function digestOf(stream: AsyncIterable<Buffer>): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of stream) hash.update(chunk);
  return hash.digest('hex');
}

{
  using vault = new KVault(join(folder, 'media.db'));
  using facts = new KVault(vault, { table: 'facts' });

  // A file is read in chunks: the memory stays small for any size.
  const bytes = await vault.putFile('film/the-general', original);
  facts.set('film/the-general', { title: 'The General', bytes, added: new Date(), tags: new Set(['silent', 'train']) });
  console.log(`stored ${bytes} bytes`);

  // Only the requested bytes are read: here the title.
  console.log(`begins: ${(await text(vault.createReadStream('film/the-general', { start: 0, end: 15 }))).trim()}`);

  // If the source fails, the old value stays.
  const broken = async function* (): AsyncGenerator<Buffer> {
    yield Buffer.from('half of a');
    throw new Error('the line went dead');
  };
  await vault.putFile('film/the-general', broken()).catch((error: Error) => console.log(`refused: ${error.message}`));

  const copy = join(folder, 'copy.raw');
  await vault.getToFile('film/the-general', copy);
  const [before, after] = await Promise.all([original, copy].map((path) => digestOf(createReadStream(path))));
  console.log(before === after ? 'came out as it went in' : 'was damaged');

  // Two tables, one transaction: the file and its facts are deleted together, or not at all.
  vault.transaction(() => {
    vault.delete('film/the-general');
    facts.delete('film/the-general');
  });
  console.log(`left: ${vault.size} files, ${facts.size} facts`);
}
rmSync(folder, { recursive: true });

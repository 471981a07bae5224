// The tokenizer `words`: in scripts without spaces between words, whatever stands together in a text is found.
import { TextVault } from '@kohakuvault/text';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { tempFile } from '../../../tools/testing/src/temp.ts';
import { idsOf, vaultOf, vaultWith } from './support/vaults.ts';

test.each([
  ['我在上海图书馆看书', ['图书馆', '上海', '书馆', '看书', '我在上海图书馆看书', '上海 看书']],
  ['昨天晚上下雨了', ['昨天', '昨天晚上', '晚上']],
  ['長江大橋は長い', ['長江', '大橋', '江大']],
  ['東京都と京都の寺', ['東京', '京都', '寺', '東京都']],
  ['커피를 마셨다', ['커피', '커피를', '마셨', '커']],
  ['ฉันรักภาษาไทยมาก', ['ภาษาไทย', 'ภาษา', 'ไทย', 'รัก', 'มาก']],
  ['น้ำใจ', ['น้ำ', 'ใจ']],
  ['ｶﾞｿﾘﾝとガソリン', ['ガソリン', 'ｶﾞｿﾘﾝ']],
  ['ＡＢＣ１２３', ['abc123']],
  ['iPhoneケースとUSB充電器', ['iphone', 'ケース', 'usb', '充電']],
  ['\u1112\u1161\u11ab\u1100\u1173\u11af', ['한글', '한']],
  ['Crème brûlée, naïve', ['creme', 'brulee', 'NAIVE']],
  ['🦊fox🫠', ['fox']],
  ['𠮷野家', ['𠮷野', '𠮷野家']],
  ['ພາສາລາວ ភាសាខ្មែរ မြန်မာဘာသာ', ['ລາວ', 'ខ្មែរ', 'ဘာသာ']],
])('%s', (text, queries) => {
  const vault = vaultWith([text, 'another text'], { tokenizer: 'words' });
  for (const query of queries) {
    expect(idsOf(vault.search(query)), query).toEqual([1]);
    expect(idsOf(vault.search(query, { match: 'any' })), query).toContain(1);
  }
});

test('what does not stand together is not found, nor are ends of Korean words', () => {
  const vault = vaultWith(['上海的图书馆', '커피를'], { tokenizer: 'words' });
  for (const query of ['海图', '图上', '피를', '"上海图书馆"']) expect(vault.search(query), query).toEqual([]);
});

test('any part of any text is found', () => {
  const letters = '東京都の寺図書館上海いろはアイウภาษาไทยກຂ';
  const text = fc.string({ unit: fc.constantFrom(...letters, 'a', ' '), minLength: 1, maxLength: 20 });
  const vault = vaultOf<null>({ tokenizer: 'words' });
  fc.assert(
    fc.property(text, fc.nat(), fc.nat(), (whole, from, length) => {
      const characters = [...whole];
      const start = from % characters.length;
      const part = characters.slice(start, start + 1 + (length % (characters.length - start))).join('');
      if (!/^[^a ]+$/u.test(part)) return;
      vault.transaction(() => {
        const id = vault.insert(whole);
        expect(idsOf(vault.search(part, 1_000_000)), `${part} in ${whole}`).toContain(Number(id));
        vault.delete(id);
      });
    }),
  );
});

test('whole words come before accidental neighbors', () => {
  const vault = vaultWith(['東京都', '京都の寺', '東京都', '京都に行く'], { tokenizer: 'words' });
  const found = vault.search('京都');
  expect(idsOf(found)).toEqual([2, 4, 1, 3]);
  const scores = found.map(({ score }) => score);
  expect(scores).toEqual(scores.toSorted((a, b) => b - a));
  expect(idsOf(vault.search('京都', { k: 1, offset: 1 }))).toEqual([4]);
  expect(idsOf(vault.search('京都', { filter: [1, 4] }))).toEqual([4, 1]);
  expect(idsOf(vault.search('京都', { filter: (id) => id > 1n }))).toEqual([2, 4, 3]);
});

test('pages follow each other, also beyond the documents that are ordered by words', () => {
  const vault = vaultWith(
    Array.from({ length: 260 }, (_, number) => (number % 2 ? '東京都' : '京都の寺')),
    { tokenizer: 'words' },
  );
  const all = vault.search('京都', 1_000);
  expect(all).toHaveLength(260);
  const pages = Array.from({ length: 6 }, (_, page) => vault.search('京都', { k: 50, offset: page * 50 })).flat();
  expect(pages).toEqual(all);
  for (const [place, { score }] of all.entries()) expect(score).toBeLessThanOrEqual(all[place - 1]?.score ?? Infinity);
});

test('highlights and snippets are ranges of the text', () => {
  const text = '今日は京都の図書館で😀コーヒーを飲む';
  const vault = vaultWith([text], { tokenizer: 'words' });
  const [found] = vault.search('図書館 コーヒー', { highlight: true, snippet: true });
  const cut = (from: string, ranges: readonly [number, number][] = []) =>
    ranges.map(([start, end]) => from.slice(start, end));
  expect(cut(text, found?.highlights?.content.ranges)).toEqual(['図書館', 'コーヒー']);
  expect(cut(found?.snippet?.text ?? '', found?.snippet?.ranges)).toEqual(['図書館', 'コーヒー']);
});

test('updates, deletes and the integrity check agree on the words', () => {
  const vault = vaultWith(['커피를 마시다', '京都ｶﾞ', 'น้ำ'], { tokenizer: 'words' });
  const check = () => vault.database.exec("INSERT INTO text_vault(text_vault, rank) VALUES ('integrity-check', 1)");
  vault.update(1, { texts: '홍차를 마시다' });
  vault.delete(3);
  check();
  expect([vault.count('커피'), vault.count('홍차'), vault.count('น้ำ'), vault.count('京都')]).toEqual([0, 1, 0, 1]);
});

test('the file keeps the tokenizer, and an SQLite without it says that it is missing', () => {
  const file = tempFile();
  using vault = new TextVault(file, { tokenizer: 'words' });
  vault.insert('図書館');
  vault.close();
  using again = new TextVault(file);
  expect(again.info().tokenizer).toBe('words');
  expect(again.count('書館')).toBe(1);
  const bare = new Database(file);
  expect(() => bare.prepare("SELECT * FROM text_vault WHERE text_vault MATCH 'a'").all()).toThrow(/kohakuvault_words/);
  bare.close();
});

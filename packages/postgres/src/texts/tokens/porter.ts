/** What is exchanged at the end of a word. Of a list, the first end that a word has is the one. */
type Rule = readonly [end: string, by: string];

/** Words that are longer, or shorter, stay as they are. */
const SHORTEST = 3;
const LONGEST = 64;

const AFTER_VOWEL: readonly Rule[] = [
  ['at', 'ate'],
  ['bl', 'ble'],
  ['iz', 'ize'],
];
const LONG_ENDS: readonly Rule[] = [
  ['ational', 'ate'],
  ['tional', 'tion'],
  ['enci', 'ence'],
  ['anci', 'ance'],
  ['izer', 'ize'],
  ['logi', 'log'],
  ['bli', 'ble'],
  ['alli', 'al'],
  ['entli', 'ent'],
  ['eli', 'e'],
  ['ousli', 'ous'],
  ['ization', 'ize'],
  ['ation', 'ate'],
  ['ator', 'ate'],
  ['alism', 'al'],
  ['iveness', 'ive'],
  ['fulness', 'ful'],
  ['ousness', 'ous'],
  ['aliti', 'al'],
  ['iviti', 'ive'],
  ['biliti', 'ble'],
];
const MIDDLE_ENDS: readonly Rule[] = [
  ['ical', 'ic'],
  ['ness', ''],
  ['icate', 'ic'],
  ['iciti', 'ic'],
  ['ful', ''],
  ['ative', ''],
  ['alize', 'al'],
];
const LAST_ENDS: readonly string[] = [
  'al',
  'ance',
  'ence',
  'er',
  'ic',
  'able',
  'ible',
  'ant',
  'ement',
  'ment',
  'ent',
  'ion',
  'ou',
  'ism',
  'ate',
  'iti',
  'ous',
  'ive',
  'ize',
];

/** Returns the stem of an English word by Porter's algorithm, as FTS5 has it. */
export function stemOf(word: string): string {
  // FTS5 looks at bytes, so a letter beyond ASCII is several consonants.
  const bytes = Buffer.from(word);
  if (bytes.length < SHORTEST || bytes.length > LONGEST) return word;
  return Buffer.from(stemOfBytes(bytes.toString('latin1')), 'latin1').toString();
}

/** Does the same for bytes, each as a letter. */
function stemOfBytes(word: string): string {
  let stem = withoutPast(withoutPlural(word));
  if (stem.endsWith('y') && hasVowel(stem.slice(0, -1))) stem = `${stem.slice(0, -1)}i`;
  stem = exchanged(stem, LONG_ENDS);
  stem = exchanged(stem, MIDDLE_ENDS);
  return withoutE(withoutEnd(stem));
}

function withoutPlural(word: string): string {
  if (!word.endsWith('s') || word.endsWith('ss')) return word;
  const isLong = (word.length > 4 && word.endsWith('sses')) || (word.length > 3 && word.endsWith('ies'));
  return word.slice(0, isLong ? -2 : -1);
}

function withoutPast(word: string): string {
  if (word.length > 3 && word.endsWith('eed')) return measure(word.slice(0, -3)) > 0 ? word.slice(0, -1) : word;
  const end = [
    ['ed', 2],
    ['ing', 3],
  ].find(([end, length]) => word.length > (length as number) && word.endsWith(end as string));
  if (!end) return word;
  const stem = word.slice(0, -(end[1] as number));
  if (!hasVowel(stem)) return word;
  for (const [end, by] of AFTER_VOWEL) {
    if (stem.length > 2 && stem.endsWith(end)) return stem.slice(0, -end.length) + by;
  }
  const last = stem.at(-1) as string;
  if (!isVowel(last, false) && !'lsz'.includes(last) && stem.at(-2) === last) return stem.slice(0, -1);
  return measure(stem) === 1 && endsShort(stem) ? `${stem}e` : stem;
}

function exchanged(word: string, rules: readonly Rule[]): string {
  const rule = rules.find(([end]) => word.length > end.length && word.endsWith(end));
  if (!rule) return word;
  const [end, by] = rule;
  const stem = word.slice(0, -end.length);
  return measure(stem) > 0 ? stem + by : word;
}

function withoutEnd(word: string): string {
  const end = LAST_ENDS.find((end) => word.length > end.length && word.endsWith(end));
  if (end === undefined) return word;
  const stem = word.slice(0, -end.length);
  if (end === 'ion' && !stem.endsWith('s') && !stem.endsWith('t')) return word;
  return measure(stem) > 1 ? stem : word;
}

function withoutE(word: string): string {
  let stem = word;
  if (stem.endsWith('e')) {
    const rest = stem.slice(0, -1);
    const much = measure(rest);
    if (much > 1 || (much === 1 && !endsShort(rest))) stem = rest;
  }
  return stem.endsWith('ll') && measure(stem.slice(0, -1)) > 1 ? stem.slice(0, -1) : stem;
}

/** Returns how often a consonant follows a vowel. */
function measure(stem: string): number {
  let changes = 0;
  let wasVowel = false;
  let isConsonant = false;
  for (const letter of stem) {
    isConsonant = !isVowel(letter, isConsonant);
    if (isConsonant && wasVowel) changes++;
    wasVowel = !isConsonant;
  }
  return changes;
}

function hasVowel(stem: string): boolean {
  return Array.from(stem).some((letter, at) => isVowel(letter, at > 0));
}

/** Whether a stem ends in a consonant, a vowel and a consonant that is not w, x or y. */
function endsShort(stem: string): boolean {
  if (/[wxy]$/.test(stem)) return false;
  let isConsonant = false;
  let kinds = '';
  for (const letter of stem) {
    isConsonant = !isVowel(letter, isConsonant);
    kinds += isConsonant ? 'c' : 'v';
  }
  return kinds.endsWith('cvc');
}

/** Whether a letter is a vowel. A y is one after a consonant. */
function isVowel(letter: string, afterConsonant: boolean): boolean {
  return 'aeiou'.includes(letter) || (afterConsonant && letter === 'y');
}

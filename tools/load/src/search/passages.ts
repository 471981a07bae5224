import { Random } from '../../../testing/src/random.ts';

const SYLLABLES = ['ka', 'mo', 'ri', 'ten', 'sol', 'ver', 'an', 'du', 'lek', 'pra', 'shi', 'qua', 'bel', 'nor'];
const WORDS = 40;
/** The number of passages of a document. */
export const PASSAGES = 20;

/** Returns the passages of a version of a document: words of few topics, so that some passages are near each other. */
export function passagesOf(document: number, version: number): string[] {
  const random = new Random(document * 1_000 + version);
  const topic = random.list(30, 30, () => wordOf(random));
  return Array.from({ length: PASSAGES }, () => random.list(WORDS, WORDS, () => random.pick(topic)).join(' '));
}

export function queryOf(turn: number): string {
  const random = new Random(turn);
  return random.list(5, 5, () => wordOf(random)).join(' ');
}

function wordOf(random: Random): string {
  return random.list(2, 3, () => random.pick(SYLLABLES)).join('');
}

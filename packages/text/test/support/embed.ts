/** Makes a vector of the words of a text: texts with common words have vectors that are near each other. */
export function embedWith(dimensions: number): (texts: string[]) => Float32Array[] {
  return (texts) =>
    texts.map((text) => {
      const vector = new Float32Array(dimensions).fill(0.001);
      for (const [word] of text.toLowerCase().matchAll(/\p{L}+/gu)) {
        // Beginnings stand for the meaning of a word, so that its forms are near each other.
        vector[hash(word.slice(0, 4)) % dimensions] = (vector[hash(word.slice(0, 4)) % dimensions] ?? 0) + 1;
      }
      return vector;
    });
}

function hash(word: string): number {
  let code = 0;
  for (let at = 0; at < word.length; at++) code = (Math.imul(code, 31) + word.charCodeAt(at)) >>> 0;
  return code;
}

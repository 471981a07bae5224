/** The types of PostgreSQL that our statements return, by their ids. Every other comes as text. */
const BOOL = 16;
const BYTEA = 17;
const INT4 = 23;
const FLOAT8 = 701;
const JSONB = 3802;

/** How cells become values. They are ours, because a program may have changed the parsers of its driver. */
export const PARSERS: Readonly<Record<number, (text: string) => unknown>> = {
  [BOOL]: (text) => text === 't' || text === 'true',
  [BYTEA]: bytesOf,
  [INT4]: Number,
  [FLOAT8]: Number,
  [JSONB]: (text) => JSON.parse(text),
};

const BACKSLASH = 92;

function bytesOf(text: string): Buffer {
  return text.startsWith('\\x') ? Buffer.from(text.slice(2), 'hex') : unescaped(text);
}

/** Reads the form that servers with `bytea_output = 'escape'` send: `\\` is a backslash, and `\ooo` a byte in octal. */
function unescaped(text: string): Buffer {
  const bytes: number[] = [];
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code !== BACKSLASH) bytes.push(code);
    else if (text.charCodeAt(at + 1) === BACKSLASH) {
      bytes.push(BACKSLASH);
      at += 1;
    } else {
      bytes.push(Number.parseInt(text.slice(at + 1, at + 4), 8));
      at += 3;
    }
  }
  return Buffer.from(bytes);
}

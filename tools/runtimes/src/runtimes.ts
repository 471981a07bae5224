/** A program that runs JavaScript for servers, as a package of npm. */
export interface Runtime {
  /** Its name in the command line and in the names of result files. */
  readonly id: string;
  /** Its name in tables. */
  readonly title: string;
  /** What npm installs to get it. */
  readonly specifier: string;
  /** The binary below `node_modules`. */
  readonly binary: string;
  /** The arguments before the path of a program. */
  readonly run: readonly string[];
}

function nodeOf(major: number): Runtime {
  return {
    id: `node${major}`,
    title: `Node ${major}`,
    specifier: `node@${major}`,
    binary: '.bin/node',
    run: ['--no-warnings'],
  };
}

export const RUNTIMES: readonly Runtime[] = [
  nodeOf(22),
  nodeOf(24),
  nodeOf(26),
  { id: 'bun', title: 'Bun', specifier: 'bun@1', binary: '.bin/bun', run: [] },
  // The packages load native code, which takes every permission.
  { id: 'deno', title: 'Deno', specifier: 'deno@2', binary: '.bin/deno', run: ['run', '--allow-all', '--quiet'] },
];

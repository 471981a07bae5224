import type { Results } from './results.ts';

/** Why tests do not pass on a runtime. */
export interface Difference {
  /** The runtimes, by id. */
  readonly runtimes: readonly string[];
  /** What users of the runtime should know; undefined if only tests are concerned. */
  readonly users?: string;
  /** Why the tests do not pass there, if it is not what users should know. */
  readonly tests?: string;
  /** The tests: a part of the file's path, and of the test's name. */
  readonly matches: readonly { readonly file: string; readonly test?: RegExp }[];
}

export const DIFFERENCES: readonly Difference[] = [
  {
    runtimes: ['deno'],
    users:
      '`terminate()` does not stop a worker that never returns to its event loop. It goes on, and keeps the lock of ' +
      'its transaction. better-sqlite3 alone shows the same.',
    matches: [
      { file: 'contract.test.ts', test: /a thread that is terminated in a transaction leaves nothing of it/ },
      { file: 'core-native/test/seam.test.ts', test: /a worker terminated inside a transaction/ },
      { file: 'ordered/test/threads.test.ts', test: /a worker that is terminated while it works/ },
    ],
  },
  {
    runtimes: ['bun', 'deno'],
    users:
      'The files that a terminated worker had open by `node:fs` stay open until the process ends, among them those of ' +
      '`putFile` and write streams. They have no name any more, and only take space.',
    matches: [{ file: 'streams/processes.test.ts', test: /a worker that is terminated leaves no spool file/ }],
  },
  {
    runtimes: ['bun', 'deno'],
    users:
      '`setImmediate` has its turn only after the results of native work that is done. A timer has its turn between ' +
      'the results of `searchAsync`.',
    matches: [{ file: 'vector/test/async.test.ts', test: /the event loop runs during the search/ }],
  },
  {
    runtimes: ['bun'],
    tests: 'an `Error` has the properties `line` and `column`, which tell where it was made: where it was decoded',
    matches: [
      {
        file: 'packer/test/value/round-trip.test.ts',
        test: /Error|error of a class of its own|arbitrary values|what an object has beside its data/,
      },
      { file: 'packer/test/encodings/records.test.ts', test: /Error|error of a class of its own/ },
    ],
  },
  {
    runtimes: ['deno'],
    tests:
      'a parent process that has sent a signal is told that it ended the child, though the child exited with a code',
    matches: [{ file: 'kvault/test/ends.test.ts', test: /a handler of the program finds everything flushed/ }],
  },
  {
    runtimes: ['bun', 'deno'],
    tests: '`NODE_OPTIONS`, by which the test replaces `statfsSync`, is not read',
    matches: [{ file: 'umbrella/test/cli/doctor.test.ts', test: /a path on a network file system is a warning/ }],
  },
  {
    runtimes: ['bun'],
    tests: 'Bun finds a package that is not installed in its own cache, or installs it there',
    matches: [{ file: 'umbrella/test/cli/doctor.test.ts', test: /a bundled program that lacks its binaries fails/ }],
  },
  {
    runtimes: ['bun', 'deno'],
    tests: 'the list of loaded modules is that of Node',
    matches: [{ file: 'kvault/test/start.test.ts', test: /a start loads none of Node's modules/ }],
  },
  {
    runtimes: ['deno'],
    tests: 'Deno opens two descriptors of its own while the test counts those of the process',
    matches: [
      { file: 'core-native/test/seam.test.ts', test: /nothing leaks over many rounds of open and close/ },
      { file: 'umbrella/test/released.test.ts', test: /dropped vaults release their files/ },
    ],
  },
  {
    runtimes: ['deno'],
    tests: 'the list of loaded libraries (`process.report`) is missing',
    matches: [{ file: 'umbrella/test/umbrella.test.ts', test: /import/ }],
  },
  {
    runtimes: ['deno'],
    users:
      '`readdir` replaces bytes of file names that are not UTF-8, so `import` of a folder does not refuse such names.',
    matches: [{ file: 'umbrella/test/cli/hostile-imports.test.ts' }],
  },
];

/** A test that does not pass on a runtime, and why. */
export interface Failure {
  readonly runtime: string;
  readonly file: string;
  readonly test: string;
  readonly message: string;
  readonly difference: Difference | undefined;
}

/** Returns the tests that do not pass on a runtime, each with the difference that explains it. */
export function failuresOf(id: string, { files }: Results): Failure[] {
  return Object.entries(files).flatMap(([file, { failed }]) =>
    Object.entries(failed).map(([test, message]) => ({
      runtime: id,
      file,
      test,
      message,
      difference: DIFFERENCES.find(
        ({ runtimes, matches }) =>
          runtimes.includes(id) &&
          matches.some((match) => file.includes(match.file) && (match.test?.test(test) ?? true)),
      ),
    })),
  );
}

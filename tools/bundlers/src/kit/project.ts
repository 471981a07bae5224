import { cpSync, existsSync, mkdirSync, statSync } from 'node:fs';
import { basename, delimiter, dirname, join } from 'node:path';
import { targetOf } from '../../../../packages/core-native/ts/native/platform.ts';
import { run } from '../../../pack-check/src/run.ts';

const HERE = join(import.meta.dirname, '../..');

/** Packages that hold binaries. They are beside a program that was deployed, if its bundler has left them out. */
export const BINARIES = ['better-sqlite3', '@kohakuvault/core-native-*', 'sqlite-vec-*'];

/** A project outside the workspace, with the packed packages and the bundlers installed. */
export class Project {
  readonly folder: string;
  /** Where the bundlers are installed: in this project, or in the one that it was deployed from. */
  readonly #tools: string;

  constructor(folder: string, tools = folder) {
    this.folder = folder;
    this.#tools = tools;
  }

  path(...parts: string[]): string {
    return join(this.folder, ...parts);
  }

  /** Returns a file of an installed package. */
  tool(...parts: string[]): string {
    return join(this.#tools, 'node_modules', ...parts);
  }

  /** Copies the files of a fixture into the project. */
  add(fixture: string): this {
    cpSync(join(HERE, 'fixtures', fixture), this.folder, { recursive: true });
    return this;
  }

  node(...args: string[]): Promise<string> {
    return this.run(process.execPath, ...args);
  }

  run(command: string, ...args: string[]): Promise<string> {
    // Tools that start `node` start the one that runs this.
    const path = `${dirname(process.execPath)}${delimiter}${process.env.PATH}`;
    return run(command, args, this.folder, { PATH: path, NEXT_TELEMETRY_DISABLED: '1' });
  }

  /**
   * Copies what a build made, and some packages, into an empty folder: a deployed program finds nothing of where it was
   * built.
   */
  deploy(name: string, files: string, packages: readonly string[]): Project {
    const folder = join(this.folder, '..', `deployed-${name}`);
    mkdirSync(folder);
    const isFile = statSync(this.path(files)).isFile();
    cpSync(this.path(files), isFile ? join(folder, basename(files)) : folder, { recursive: true });
    for (const found of this.#installed(packages)) {
      cpSync(this.path('node_modules', found), join(folder, 'node_modules', found), { recursive: true });
    }
    return new Project(folder, this.#tools);
  }

  #installed(packages: readonly string[]): string[] {
    const target = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
    return packages
      .map((name) => name.replace('core-native-*', `core-native-${targetOf()}`))
      .map((name) => name.replace('sqlite-vec-*', `sqlite-vec-${target}`))
      .filter((name) => existsSync(this.path('node_modules', name)));
  }
}

/** What `program.mjs` tells, if everything works. */
const EXPECTED = {
  number: 42,
  when: 0,
  long: true,
  elements: 2,
  nearest: 'east',
  refused: 'KV_INVALID_ARGUMENT',
  encoded: '42 42',
};

/** Checks the line that the program printed. `threads`: how many copies ran in a thread of their own. */
export function checkProgram(output: string, threads: number): void {
  const line = output.split('\n').find((text) => text.startsWith('{"number"'));
  const expected = { ...EXPECTED, threads };
  const told = line === undefined ? {} : (JSON.parse(line) as Record<string, unknown>);
  const wrong = Object.entries(expected).filter(([name, value]) => told[name] !== value);
  if (wrong.length > 0)
    throw new Error(`the program told\n${output.slice(0, 2_000)}\nexpected ${JSON.stringify(expected)}`);
}

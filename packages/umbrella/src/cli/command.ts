import type { ExitCode } from './exit-code.ts';
import type { Output } from './terminal/output.ts';
import type { Progress, ProgressOptions } from './terminal/progress.ts';
import type { Style } from './terminal/style.ts';

/** One option of a command: a switch, or a name with a value. */
export interface OptionSpec {
  readonly type: 'boolean' | 'string';
  readonly short?: string;
  /** How help calls the value. */
  readonly value?: string;
  readonly about: string;
}

export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

export type OptionValues<Specs extends OptionSpecs> = {
  readonly [Name in keyof Specs]: Specs[Name]['type'] extends 'boolean' ? boolean : string | undefined;
};

/** What a command is run with: what was written, and where it writes itself. */
export interface Call<Specs extends OptionSpecs = OptionSpecs> {
  readonly args: readonly string[];
  readonly options: OptionValues<Specs & typeof COMMON_OPTIONS>;
  readonly output: Output;
  readonly style: Style;
  /** Characters to a line. */
  readonly width: number;
  /** Something to say beside the result: on stderr, so that it never gets into a pipe. */
  note(text: string): void;
  progress(options: ProgressOptions): Progress;
}

export interface Command<Specs extends OptionSpecs = OptionSpecs> {
  /** What stands behind the command's name, each form on its own. */
  readonly usage: readonly string[];
  readonly about: string;
  /** How many arguments there may be. */
  readonly least: number;
  readonly most: number;
  readonly options: Specs;
  /** What to write, and what it does. */
  readonly examples: readonly (readonly [string, string])[];
  run(call: Call<Specs>): Promise<ExitCode | undefined>;
}

/** Options that every command has. */
export const COMMON_OPTIONS = {
  json: { type: 'boolean', about: 'print JSON, for programs' },
  quiet: { type: 'boolean', short: 'q', about: 'no progress and no notes' },
  color: { type: 'boolean', about: 'colours even where the output is no terminal' },
  'no-color': { type: 'boolean', about: 'no colours; so does the environment variable NO_COLOR' },
  help: { type: 'boolean', short: 'h', about: 'this help' },
} as const satisfies OptionSpecs;

/** Gives a command's options their types. */
export function defineCommand<const Specs extends OptionSpecs>(command: Command<Specs>): Command {
  return command as unknown as Command;
}

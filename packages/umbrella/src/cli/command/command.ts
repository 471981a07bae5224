import type { Output } from '../terminal/output.ts';
import type { Progress, ProgressOptions } from '../terminal/progress.ts';
import type { Style } from '../terminal/style.ts';
import type { ExitCode } from './exit-code.ts';

/** An option of a command: a switch, or a name with a value. */
export interface OptionSpec {
  readonly type: 'boolean' | 'string';
  readonly short?: string;
  /** Whether the option may be given several times. Its value is then an array. */
  readonly repeats?: true;
  /** The name of the value in the help. */
  readonly value?: string;
  readonly about: string;
}

export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

export type OptionValues<Specs extends OptionSpecs> = {
  readonly [Name in keyof Specs]: Specs[Name] extends { readonly repeats: true }
    ? readonly string[] | undefined
    : Specs[Name]['type'] extends 'boolean'
      ? boolean
      : string | undefined;
};

/** The input of a command, and its output. */
export interface Call<Specs extends OptionSpecs = OptionSpecs> {
  readonly args: readonly string[];
  readonly options: OptionValues<Specs & typeof COMMON_OPTIONS>;
  readonly output: Output;
  readonly style: Style;
  /** Characters per line. */
  readonly width: number;
  /** Writes a remark to stderr, so that it never enters a pipe. */
  note(text: string): void;
  progress(options: ProgressOptions): Progress;
}

export interface Command<Specs extends OptionSpecs = OptionSpecs> {
  /** What follows the name of the command, one entry per form. */
  readonly usage: readonly string[];
  readonly about: string;
  /** The allowed number of arguments. */
  readonly least: number;
  readonly most: number;
  readonly options: Specs;
  /** Arguments, and what they do. */
  readonly examples: readonly (readonly [string, string])[];
  run(call: Call<Specs>): Promise<ExitCode | undefined>;
}

/** The options of every command. */
export const COMMON_OPTIONS = {
  json: { type: 'boolean', about: 'print JSON, for programs' },
  quiet: { type: 'boolean', short: 'q', about: 'print no progress and no notes' },
  color: { type: 'boolean', about: 'use colours even if the output is not a terminal' },
  'no-color': { type: 'boolean', about: 'use no colours, as with the environment variable NO_COLOR' },
  help: { type: 'boolean', short: 'h', about: 'print this help' },
} as const satisfies OptionSpecs;

/** Gives the options of a command their types. */
export function defineCommand<const Specs extends OptionSpecs>(command: Command<Specs>): Command {
  return command as unknown as Command;
}

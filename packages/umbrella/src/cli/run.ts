import { createRequire } from 'node:module';
import { closest, KohakuVaultError } from '@kohakuvault/core-native/internal';
import { fromBetterSqlite3 } from '@kohakuvault/core-native/internal/database';
import { type Parsed, parseWords } from './command/arguments.ts';
import type { Call, COMMON_OPTIONS, OptionValues } from './command/command.ts';
import { ExitCode, exitCodeOf, UsageError } from './command/exit-code.ts';
import { COMMANDS } from './commands.ts';
import { helpOf, overview } from './help.ts';
import { ClosedPipe, Output } from './terminal/output.ts';
import { Progress } from './terminal/progress.ts';
import { colorWanted, Style } from './terminal/style.ts';
import { printable } from './terminal/text.ts';
import { widthOf } from './terminal/width.ts';

/** Runs a command line. Returns the exit status for the process. */
export async function runCommandLine(words: readonly string[]): Promise<ExitCode> {
  const output = new Output(process.stdout);
  // If the reader of stderr goes away, the command continues.
  process.stderr.on('error', () => {});
  try {
    return await dispatch(words, output);
  } catch (error) {
    if (error instanceof ClosedPipe) return ExitCode.ok;
    return report(error, words);
  }
}

async function dispatch(words: readonly string[], output: Output): Promise<ExitCode> {
  const [name, ...rest] = words;
  if (name === undefined) {
    await output.write(overview(helpSettings()));
    return ExitCode.ok;
  }
  if (name === '--version' || name === '-V' || name === '-v') {
    const { version } = createRequire(import.meta.url)('kohakuvault/package.json') as { version: string };
    await output.write(`${version}\n`);
    return ExitCode.ok;
  }
  if (name === 'help' || name === '--help' || name === '-h') {
    await help(rest, output);
    return ExitCode.ok;
  }
  return await runCommand(name, rest, output);
}

async function runCommand(name: string, words: readonly string[], output: Output): Promise<ExitCode> {
  const { command } = await entryOf(name).load();
  const { args, values } = parseWords(words, command.options, name);
  if (values.help) {
    await output.write(helpOf(name, command, helpSettings(values)));
    return ExitCode.ok;
  }
  if (args.length < command.least || args.length > command.most) {
    const much = args.length < command.least ? 'too few' : 'too many';
    throw new UsageError(`${much} arguments; expected: kohakuvault ${name} ${command.usage[0]}`, name);
  }
  try {
    return (await command.run(callOf(args, values, output))) ?? ExitCode.ok;
  } catch (error) {
    // A command does not know its own name.
    throw error instanceof UsageError && !error.command ? new UsageError(error.message, name) : error;
  }
}

function callOf(args: string[], values: Parsed['values'], output: Output): Call {
  const quiet = Boolean(values.quiet);
  return {
    args,
    options: values as OptionValues<typeof COMMON_OPTIONS>,
    output,
    style: new Style(colorWanted(process.stdout, values)),
    width: widthOf(process.stdout),
    note: (text) => {
      if (!quiet) process.stderr.write(`${printable(text)}\n`);
    },
    progress: (options) => new Progress(process.stderr, options, quiet),
  };
}

async function help(words: readonly string[], output: Output): Promise<void> {
  const { args, values } = parseWords(words, {});
  const [name] = args;
  const settings = helpSettings(values);
  if (name === undefined) await output.write(overview(settings));
  else await output.write(helpOf(name, (await entryOf(name).load()).command, settings));
}

function helpSettings(values: Record<string, unknown> = {}) {
  return { style: new Style(colorWanted(process.stdout, values)), width: Math.min(widthOf(process.stdout), 100) };
}

function entryOf(name: string) {
  const entry = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (entry) return entry;
  const near = closest(name, [...Object.keys(COMMANDS), 'help']);
  const hint = near ? `did you mean ${near}?` : `there are ${Object.keys(COMMANDS).join(', ')}`;
  throw new UsageError(`unknown command ${printable(JSON.stringify(name))}; ${hint}`);
}

/** Prints an error as one line, never as a stack trace: its reader is the one who typed the command. */
function report(error: unknown, words: readonly string[]): ExitCode {
  const { exitCode, code, message } = failureOf(fromBetterSqlite3(error));
  const line = words.includes('--json')
    ? JSON.stringify({ error: { code, message } })
    : `kohakuvault: ${printable(message)}`;
  process.stderr.write(`${line}\n`);
  return exitCode;
}

function failureOf(error: unknown): { exitCode: ExitCode; code: string; message: string } {
  if (error instanceof UsageError) {
    const help = `kohakuvault help${error.command ? ` ${error.command}` : ''}`;
    return { exitCode: ExitCode.usage, code: 'USAGE', message: `${error.message} (${help})` };
  }
  if (error instanceof KohakuVaultError) {
    return { exitCode: exitCodeOf(error), code: error.code, message: error.message };
  }
  // Errors of the operating system for the files that a command reads and writes beside the database.
  if (error instanceof Error && 'syscall' in error) {
    return { exitCode: ExitCode.failed, code: 'KV_IO', message: error.message };
  }
  return { exitCode: ExitCode.failed, code: 'KV_ERROR', message: `this is a defect, please report it: ${error}` };
}

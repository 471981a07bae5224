import { COMMON_OPTIONS, type Command, type OptionSpecs } from './command/command.ts';
import { COMMANDS } from './commands.ts';
import type { Style } from './terminal/style.ts';
import { wrap } from './terminal/text.ts';

interface HelpSettings {
  readonly style: Style;
  readonly width: number;
}

const ABOUT = 'One SQLite file that is a dict, a set of typed columns and a vector index.';

/** Returns what `kohakuvault` without arguments prints. */
export function overview({ style, width }: HelpSettings): string {
  const commands = Object.entries(COMMANDS).map(([name, { summary }]) => [style.bold(name), name, summary] as const);
  return [
    ...wrap(ABOUT, width),
    '',
    `${style.bold('Usage:')} kohakuvault <command> <file> ...`,
    '',
    ...twoColumns(commands, width),
    '',
    'kohakuvault help <command> describes a command. Start with',
    '',
    `  ${style.cyan('kohakuvault inspect vault.db')}`,
    '',
  ].join('\n');
}

export function helpOf(name: string, command: Command, { style, width }: HelpSettings): string {
  const { usage, about, examples } = command;
  const lines = usage.map(
    (form, index) => `${index === 0 ? style.bold('Usage:') : '      '} kohakuvault ${name} ${form}`,
  );
  lines.push('', ...wrap(about, width));
  if (Object.keys(command.options).length > 0)
    lines.push('', style.bold('Options'), ...optionLines(command.options, width));
  lines.push('', style.bold('Options of every command'), ...optionLines(COMMON_OPTIONS, width));
  if (examples.length > 0) lines.push('', style.bold('Examples'));
  for (const [line, what] of examples) {
    lines.push(
      `  ${style.cyan(`kohakuvault ${name} ${line}`)}`,
      ...wrap(what, width - 6).map((text) => `      ${text}`),
    );
  }
  return `${lines.join('\n')}\n`;
}

function optionLines(specs: OptionSpecs, width: number): string[] {
  const rows = Object.entries(specs).map(([name, { short, value, type, about, repeats }]) => {
    const text = `${short ? `-${short}, ` : ''}--${name}${type === 'string' ? ` <${value ?? 'value'}>` : ''}${repeats ? ' ...' : ''}`;
    return [text, text, about] as const;
  });
  return twoColumns(rows, width);
}

/** Formats names and descriptions, side by side if the width allows it. */
function twoColumns(
  rows: readonly (readonly [shown: string, plain: string, about: string])[],
  width: number,
): string[] {
  const first = Math.max(...rows.map(([, plain]) => plain.length)) + 4;
  if (width - first < 20) {
    return rows.flatMap(([shown, , about]) => [`  ${shown}`, ...wrap(about, width - 6).map((line) => `      ${line}`)]);
  }
  return rows.flatMap(([shown, plain, about]) =>
    wrap(about, width - first).map((line, index) =>
      index === 0 ? `  ${shown}${' '.repeat(first - 2 - plain.length)}${line}` : `${' '.repeat(first)}${line}`,
    ),
  );
}

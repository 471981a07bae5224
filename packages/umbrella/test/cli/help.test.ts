import { describe, expect, test } from 'vitest';
import { output, run } from '../support/command-line.ts';

const COMMANDS = [
  'inspect',
  'ls',
  'get',
  'put',
  'rm',
  'export',
  'import',
  'verify',
  'index',
  'compact',
  'backup',
  'restore',
  'studio',
  'mcp',
  'doctor',
];

describe('help', () => {
  test('without arguments it prints a short help, not an error', async () => {
    const { status, stdout, stderr } = await run([]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    for (const command of COMMANDS) expect(stdout).toMatch(new RegExp(`^  ${command} +\\w`, 'm'));
    expect(stdout.split('\n').length).toBeLessThan(28);
  });

  test('every command has a help, by help and by --help', async () => {
    const texts = await Promise.all(COMMANDS.map((command) => output(['help', command])));
    for (const [index, text] of texts.entries()) {
      expect(text).toContain(`Usage: kohakuvault ${COMMANDS[index]}`);
      expect(text).toContain('--json');
      expect(text).toContain('Examples');
    }
    expect(await output(['get', '--help'])).toBe(texts[COMMANDS.indexOf('get')]);
  });

  test('the help fits the terminal', async () => {
    for (const columns of ['30', '60']) {
      const text = await output(['help', 'ls'], { env: { COLUMNS: columns } });
      // Only a command to type, which cannot be broken, may be longer.
      const long = text.split('\n').filter((line) => line.length > Number(columns) && !line.includes('kohakuvault ls'));
      expect(long).toEqual([]);
    }
  });

  test('--version prints the version', async () => {
    expect(await output(['--version'])).toMatch(/^\d+\.\d+\.\d+\S*\n$/);
  });
});

test('a wrong command line exits with 2, and suggests the right one', async () => {
  const cases: [string[], string][] = [
    [['insepct', 'x.db'], 'unknown command "insepct"; did you mean inspect?'],
    [['frobnicate'], 'unknown command "frobnicate"; there are inspect, ls,'],
    [['ls', 'x.db', '--revrese'], 'unknown option --revrese; did you mean --reverse?'],
    [['ls', 'x.db', '-z'], 'unknown option -z'],
    [['ls'], 'too few arguments; expected: kohakuvault ls <file> [prefix]'],
    [['inspect', 'a.db', 'b.db'], 'too many arguments; expected: kohakuvault inspect <file>'],
    [['ls', 'x.db', '--limit'], '--limit needs a value: --limit <count>'],
    [['ls', 'x.db', '--limit', 'ten'], '--limit is "ten"; expected a whole number, at least 0'],
    [['ls', 'x.db', '--json=yes'], '--json takes no value'],
    [['put', 'x.db', 'key', '-', '--as', 'jsno'], '--as is "jsno"; did you mean json?'],
    [['import', 'x.db', '-'], 'a pipe has no name to derive a format from; keys go to and come from folder, ndjson'],
    [['help', 'lss'], 'unknown command "lss"; did you mean ls?'],
  ];
  const ended = await Promise.all(cases.map(([words]) => run(words)));
  for (const [index, { status, stdout, stderr }] of ended.entries()) {
    const [words, message] = cases[index] as [string[], string];
    expect({ words, status, stdout }).toEqual({ words, status: 2, stdout: '' });
    expect(stderr).toContain(`kohakuvault: ${message}`);
    expect(stderr).toMatch(/\(kohakuvault help( \w+)?\)\n$/);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  }
});

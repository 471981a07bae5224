import { defineCommand } from '../command/command.ts';
import { UNTRUSTED_OPTION } from '../file/untrusted-option.ts';
import { mcpPackage } from '../studio/studio-package.ts';

export const command = defineCommand({
  usage: ['<file>'],
  about:
    'Serves a file to an agent by the Model Context Protocol, over standard input and output: list_tables, get, scan, ' +
    'search, column_stats and column_slice; with --write also set and delete. It needs the packages @kohakuvault/studio ' +
    'and @modelcontextprotocol/sdk.',
  least: 1,
  most: 1,
  options: {
    write: { type: 'boolean', about: 'the agent may store and delete values' },
    ...UNTRUSTED_OPTION,
  },
  examples: [['vault.db', 'as the command of a server in the configuration of an agent']],
  async run({ options, args }) {
    const { serveMcp } = await mcpPackage();
    await serveMcp({ file: args[0] as string, write: options.write, untrusted: options.untrusted });
    return undefined;
  },
});

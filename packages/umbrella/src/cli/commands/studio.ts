import type { RunningStudio } from '@kohakuvault/studio';
import { wholeNumber } from '../command/arguments.ts';
import { defineCommand } from '../command/command.ts';
import { UNTRUSTED_OPTION } from '../file/untrusted-option.ts';
import { studioPackage } from '../studio/studio-package.ts';

/** Each is open for as long as the Studio runs. */
const MOST_FILES = 64;

export const command = defineCommand({
  usage: ['<file>...'],
  about:
    'Opens a page in the browser that shows what is in a file: keys and values, columns as curves, vectors as a map, ' +
    'texts and SQL. Curves of several files are laid over one another. It listens on 127.0.0.1, and lets in who has the address that it prints. It needs the package ' +
    '@kohakuvault/studio.',
  least: 1,
  most: MOST_FILES,
  options: {
    write: { type: 'boolean', about: 'values may be edited, uploaded and deleted' },
    port: { type: 'string', short: 'p', value: 'number', about: 'default: a free port' },
    host: {
      type: 'string',
      value: 'address',
      about: 'listen on another address: everybody who reaches it and has the token reads the file, without encryption',
    },
    ...UNTRUSTED_OPTION,
  },
  examples: [
    ['vault.db', 'look into a file'],
    ['vault.db --write --port 4000', 'and change it'],
    ['first/run.db second/run.db', 'compare two runs'],
  ],
  async run(call) {
    const { options, args, output } = call;
    const port = wholeNumber('port', options.port, 0);
    const { startStudio } = await studioPackage();
    const studio = await startStudio({
      files: args,
      readonly: !options.write,
      port,
      host: options.host,
      untrusted: options.untrusted,
    });
    // Before anybody knows that it runs.
    const ended = untilInterrupted(studio);
    const { url } = studio;
    if (options.json) await output.line(JSON.stringify({ url, host: studio.host, port: studio.port }));
    else await output.line(url);
    if (options.host !== undefined && !isLoopback(studio.host)) {
      call.note(
        `${studio.host} is reached from other machines: everybody there who has this address reads ` +
          `${options.write ? 'and changes ' : ''}the file, and the traffic is not encrypted`,
      );
    }
    call.note(
      `${options.write ? 'Values can be changed.' : 'Nothing is changed; --write allows that.'} Ctrl+C ends it.`,
    );
    await ended;
    return undefined;
  },
});

function isLoopback(host: string): boolean {
  return host === '::1' || host.startsWith('127.');
}

/** Closes the file in order when the process is asked to end. */
function untilInterrupted(studio: RunningStudio): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = () => {
      for (const signal of SIGNALS) process.off(signal, end);
      studio.close().then(resolve, reject);
    };
    for (const signal of SIGNALS) process.on(signal, end);
  });
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

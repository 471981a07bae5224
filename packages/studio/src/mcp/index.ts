import type { Readable, Writable } from 'node:stream';
import { InvalidArgument } from '@kohakuvault/core-native/internal';
import { OpenedFile } from '@kohakuvault/core-native/internal/database';
import { PACKAGE_VERSION } from '../api/package-version.ts';
import { problemOfError } from '../api/studio-error.ts';
import { VaultFile } from '../file/vault-file.ts';
import type { Embed } from '../vectors/vector-search.ts';
import { TOOLS, toolOf } from './tools.ts';

/** An answer has at most so many characters: what an agent reads takes room in its context. */
const MOST_ANSWER = 60_000;

export interface McpOptions {
  /** The path of a file. */
  readonly file: string;
  /** Whether the tools that change the file are there. Default false. */
  readonly write?: boolean | undefined;
  readonly untrusted?: boolean | undefined;
  /** Returns a vector for each text, so that vectors are searched by words. */
  readonly embed?: Embed | undefined;
  /** Default: those of the process. */
  readonly input?: Readable | undefined;
  readonly output?: Writable | undefined;
}

/** Serves a file to agents by the Model Context Protocol, over two streams, until the input ends. */
export async function serveMcp({
  file: path,
  write = false,
  untrusted,
  embed,
  input,
  output,
}: McpOptions): Promise<void> {
  const { Server, StdioServerTransport, ListToolsRequestSchema, CallToolRequestSchema } = await sdk();
  const opened = new OpenedFile(path, write ? { writable: 'existing' } : { untrusted });
  const file = new VaultFile(opened.connection, { readonly: !write });
  const server = new Server({ name: 'kohakuvault', version: PACKAGE_VERSION }, { capabilities: { tools: {} } });
  const offered = Object.entries(TOOLS).filter(([, tool]) => write || !tool.writes);
  server.setRequestHandler(ListToolsRequestSchema, () => ({
    tools: offered.map(([name, { description, inputSchema, writes }]) => ({
      name,
      description,
      inputSchema,
      annotations: { readOnlyHint: writes !== true },
    })),
  }));
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, { signal }) => {
    try {
      const result = await toolOf(params.name, write).run({ file, embed, signal }, params.arguments ?? {});
      return { content: [{ type: 'text', text: bounded(JSON.stringify(result)) }] };
    } catch (error) {
      const { code, message } = problemOfError(error);
      return { content: [{ type: 'text', text: `${code}: ${message}` }], isError: true };
    }
  });
  const source = input ?? process.stdin;
  const ended = new Promise<void>((resolve) => {
    server.onclose = () => resolve();
    source.once('end', resolve);
    source.once('close', resolve);
  });
  try {
    await server.connect(new StdioServerTransport(source, output ?? process.stdout));
    await ended;
    await server.close();
  } finally {
    file.close();
    opened.release();
  }
}

function bounded(text: string): string {
  if (text.length <= MOST_ANSWER) return text;
  return `${text.slice(0, MOST_ANSWER)}\n… the answer is cut: it has ${text.length} characters. Ask for less at a time.`;
}

/** The SDK is an optional peer dependency: with all that it needs, it is larger than the rest of the Studio. */
async function sdk() {
  try {
    const [server, stdio, types] = await Promise.all([
      import('@modelcontextprotocol/sdk/server/index.js'),
      import('@modelcontextprotocol/sdk/server/stdio.js'),
      import('@modelcontextprotocol/sdk/types.js'),
    ]);
    return { ...server, ...stdio, ...types };
  } catch (cause) {
    throw new InvalidArgument(
      'the Model Context Protocol needs the package @modelcontextprotocol/sdk; install it beside @kohakuvault/studio: ' +
        'npm install @modelcontextprotocol/sdk',
      { cause },
    );
  }
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import pg from 'pg';
import { findServer } from '../../../../../packages/postgres/test/support/local-server.ts';
import type { Case, Context } from '../../suite.ts';
import { ours, startServer } from './server.ts';

const MIB = 1024 * 1024;
const PART = 256 * 1024;

function bytesOf({ quick, large }: Context): number {
  return quick ? 32 * MIB : large ? 1024 * MIB : 256 * MIB;
}

function* source(bytes: number): Generator<Buffer> {
  const chunk = Buffer.alloc(PART, 'stream');
  for (let done = 0; done < bytes; done += PART) yield chunk;
}

/** Runs psql, which copies a table from or to a pipe in the server's own binary form. */
async function copyByPsql(url: string, statement: string, input: Iterable<Buffer> | undefined): Promise<number> {
  const psql = spawn(join(findServer() as string, 'psql'), ['-qd', url, '-c', statement], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let bytes = 0;
  psql.stdout.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
  });
  for (const chunk of input ?? []) {
    bytes += chunk.length;
    if (!psql.stdin.write(chunk)) await once(psql.stdin, 'drain');
  }
  psql.stdin.end();
  await once(psql, 'close');
  return bytes;
}

/** The rows of a table of parts, as COPY takes them in binary. */
function* binaryRows(bytes: number): Generator<Buffer> {
  yield Buffer.concat([Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), Buffer.alloc(8)]);
  let part = 0;
  for (const chunk of source(bytes)) {
    const front = Buffer.alloc(14);
    front.writeInt16BE(2, 0);
    front.writeInt32BE(4, 2);
    front.writeInt32BE(part++, 6);
    front.writeInt32BE(chunk.length, 10);
    yield front;
    yield chunk;
  }
  yield Buffer.from([0xff, 0xff]);
}

async function copyTable(context: Context): Promise<string> {
  const url = await startServer(context);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query('CREATE TABLE parts (part int PRIMARY KEY, data bytea NOT NULL)');
  await client.query('ALTER TABLE parts ALTER COLUMN data SET STORAGE EXTERNAL');
  await client.end();
  return url;
}

const copyIn = (url: string, bytes: number) =>
  copyByPsql(url, '\\copy parts FROM pstdin WITH (FORMAT binary)', binaryRows(bytes));

export const streamCases: Case[] = [
  {
    name: 'a long value in',
    unit: 'bytes/s',
    note: '256 MiB, or 1 GiB with --large; psql copies the same parts by COPY in binary.',
    budgets: [{ against: 'COPY', atLeast: 0.5 }],
    contenders: {
      kohakuvault: async (context) => {
        const bytes = bytesOf(context);
        const vault = await ours(context, 0);
        return (bytes / (await context.once(() => vault.putFile('film', source(bytes))))) * 1e9;
      },
      COPY: async (context) => {
        const bytes = bytesOf(context);
        const url = await copyTable(context);
        return (bytes / (await context.once(() => copyIn(url, bytes)))) * 1e9;
      },
    },
  },
  {
    name: 'a long value out',
    unit: 'bytes/s',
    note: '256 MiB, or 1 GiB with --large; psql copies the same parts by COPY in binary.',
    budgets: [{ against: 'COPY', atLeast: 0.5 }],
    contenders: {
      kohakuvault: async (context) => {
        const bytes = bytesOf(context);
        const vault = await ours(context, 0);
        await vault.putFile('film', source(bytes));
        const read = async () => {
          let length = 0;
          for await (const chunk of vault.createReadStream('film')) length += (chunk as Buffer).length;
          return length;
        };
        return (bytes / (await context.once(read))) * 1e9;
      },
      COPY: async (context) => {
        const bytes = bytesOf(context);
        const url = await copyTable(context);
        await copyIn(url, bytes);
        const statement = '\\copy (SELECT data FROM parts ORDER BY part) TO pstdout WITH (FORMAT binary)';
        return (bytes / (await context.once(() => copyByPsql(url, statement, undefined)))) * 1e9;
      },
    },
  },
];

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { InvalidArgument, IoError } from '@kohakuvault/core-native/internal';
import { type Connection, OpenedFile, type OpenFileOptions } from '@kohakuvault/core-native/internal/database';
import { distinctNames } from './file/distinct-names.ts';
import { VaultFile } from './file/vault-file.ts';
import { requestOfNode, sendByNode } from './http/node-adapter.ts';
import { checkStartOptions, type StartOptions } from './options.ts';
import { ServedFile } from './routes/served-file.ts';
import { Studio } from './studio.ts';

const LOOPBACK = '127.0.0.1';
/** Keys are up to 1 MiB long, and each of their bytes may take three in a URL. */
const LONGEST_HEAD = 4 * 1024 * 1024;

/** The page cache of the file that the Studio opens, in KiB. People look at little of a file at a time. */
const CACHE_KB = 8 * 1024;

/** A Studio that runs. */
export interface RunningStudio extends AsyncDisposable {
  /** The address to open, with the token. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** What `url` has behind `?token=`; also accepted as `authorization: Bearer …`. */
  readonly token: string;
  /** Stops listening, ends what runs, and closes the file that it has opened. */
  close(): Promise<void>;
}

/** Starts a server that shows what is in a file, or in the files of open vaults. */
export async function startStudio(options: StartOptions): Promise<RunningStudio> {
  const {
    file,
    files = file === undefined ? [] : [file],
    vaults,
    port = 0,
    host = LOOPBACK,
    readonly = true,
    untrusted,
    embed,
    hosts = [],
  } = checkStartOptions(options);
  const opened = openedFiles(files, readonly ? { untrusted } : { writable: 'existing' });
  const release = () => {
    for (const { end } of opened) end();
  };
  let studio: Studio;
  try {
    studio = studioOf(vaults ?? opened.map(({ connection }) => connection), {
      readonly,
      embed,
      hosts: [...hosts, host],
    });
  } catch (error) {
    release();
    throw error;
  }
  // An upload takes as long as it takes; the head of a request has a minute.
  const server = createServer({ maxHeaderSize: LONGEST_HEAD, requestTimeout: 0 }, (message, answer) => {
    const request = requestOfNode(message, answer, '');
    void studio.answer(request).then((response) => sendByNode(answer, response, request.method === 'HEAD'));
  });
  try {
    await listening(server, port, host);
  } catch (error) {
    await studio.close();
    release();
    throw error;
  }
  const found = server.address() as AddressInfo;
  const name = found.address.includes(':') ? `[${found.address}]` : found.address;
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= (async () => {
      const ended = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await ended;
      await studio.close();
      release();
    })();
    return closing;
  };
  return {
    url: `http://${name}:${found.port}${studio.entrance}`,
    host: found.address,
    port: found.port,
    token: studio.guard.token,
    close,
    [Symbol.asyncDispose]: close,
  };
}

interface Opened {
  readonly connection: Connection;
  /** Lets go of the file. */
  end(): void;
}

function openedFiles(paths: readonly string[], options: OpenFileOptions): Opened[] {
  const opened: Opened[] = [];
  try {
    for (const path of paths) opened.push(withSmallCache(new OpenedFile(path, options)));
    return opened;
  } catch (error) {
    for (const { end } of opened) end();
    throw error;
  }
}

/** A vault of this process may share the connection, and gets its cache back in the end. */
function withSmallCache(opened: OpenedFile): Opened {
  const { database } = opened.connection.shared;
  const before = Number(database.pragma('cache_size', { simple: true }));
  database.pragma(`cache_size = -${CACHE_KB}`);
  const end = () => {
    if (database.open) database.pragma(`cache_size = ${before}`);
    opened.release();
  };
  return { connection: opened.connection, end };
}

export function studioOf(
  sources: readonly unknown[],
  { readonly, ...setup }: Omit<ConstructorParameters<typeof Studio>[0], 'files'>,
): Studio {
  const files = sources.map((source) => {
    const vaults = new VaultFile(source as never, { readonly });
    if (!readonly && vaults.readonly) {
      throw new InvalidArgument('the vault is open for reading only; open it writable, or leave out readonly: false');
    }
    return vaults;
  });
  const names = distinctNames(files.map(({ path }) => path));
  const served = files.map((vaults, nth) => new ServedFile(String(nth), names[nth] as string, vaults));
  return new Studio({ ...setup, files: served, readonly });
}

function listening(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const why =
        cause.code === 'EADDRINUSE'
          ? `port ${port} is in use; choose another one, or leave it out`
          : `${host} cannot be listened on: ${cause.message}`;
      reject(new IoError(why, { cause }));
    });
    server.listen(port, host, () => resolve());
  });
}

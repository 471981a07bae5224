import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { InvalidArgument, IoError } from '@kohakuvault/core-native/internal';
import { OpenedFile } from '@kohakuvault/core-native/internal/database';
import { VaultFile } from './file/vault-file.ts';
import { requestOfNode, sendByNode } from './http/node-adapter.ts';
import { checkStartOptions, type StartOptions, type StudioSource } from './options.ts';
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
    vaults,
    port = 0,
    host = LOOPBACK,
    readonly = true,
    untrusted,
    embed,
    hosts = [],
  } = checkStartOptions(options);
  const opened =
    file === undefined ? undefined : new OpenedFile(file, readonly ? { untrusted } : { writable: 'existing' });
  const release = opened && withSmallCache(opened);
  const studio = studioOf(opened ? [opened.connection] : (vaults as readonly StudioSource[]), {
    readonly,
    embed,
    hosts: [...hosts, host],
  });
  // An upload takes as long as it takes; the head of a request has a minute.
  const server = createServer({ maxHeaderSize: LONGEST_HEAD, requestTimeout: 0 }, (message, answer) => {
    const request = requestOfNode(message, answer, '');
    void studio.answer(request).then((response) => sendByNode(answer, response, request.method === 'HEAD'));
  });
  try {
    await listening(server, port, host);
  } catch (error) {
    await studio.close();
    release?.();
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
      release?.();
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

/** Returns what lets go of the file. A vault of this process may share its connection, and gets its cache back then. */
function withSmallCache(opened: OpenedFile): () => void {
  const { database } = opened.connection.shared;
  const before = Number(database.pragma('cache_size', { simple: true }));
  database.pragma(`cache_size = -${CACHE_KB}`);
  return () => {
    if (database.open) database.pragma(`cache_size = ${before}`);
    opened.release();
  };
}

export function studioOf(
  sources: readonly unknown[],
  { readonly, ...setup }: Omit<ConstructorParameters<typeof Studio>[0], 'files'>,
): Studio {
  const files = sources.map((source, nth) => {
    const vaults = new VaultFile(source as never, { readonly });
    if (!readonly && vaults.readonly) {
      throw new InvalidArgument('the vault is open for reading only; open it writable, or leave out readonly: false');
    }
    return new ServedFile(String(nth), vaults);
  });
  return new Studio({ ...setup, files, readonly });
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

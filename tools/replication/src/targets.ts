import { join } from 'node:path';
import { S3Server } from './s3-server.ts';

/** Where Litestream writes to. */
export interface Target {
  /** The lines of `replica:` in its configuration. */
  readonly replica: readonly string[];
  close(): Promise<void>;
}

/** Begins a target for a test in a folder. Returns undefined, and says why, if it cannot be had here. */
type Begin = (folder: string, log: (text: string) => void) => Promise<Target | undefined>;

export const TARGETS: ReadonlyMap<string, Begin> = new Map<string, Begin>([
  [
    'folder',
    async (folder) => ({ replica: ['type: file', `path: ${join(folder, 'replica')}`], close: async () => {} }),
  ],
  ['s3', beginS3],
]);

const BUCKET = 'vaults';

async function beginS3(_: string, log: (text: string) => void): Promise<Target | undefined> {
  const server = await S3Server.start();
  if (!server) {
    log(
      'An S3 server is not installed here, so nothing was tested: pip install "moto[server]", ' +
        'and name its program by KOHAKUVAULT_S3_SERVER if moto_server is not found',
    );
    return undefined;
  }
  await server.createBucket(BUCKET);
  return {
    replica: [
      'type: s3',
      `bucket: ${BUCKET}`,
      'path: vault',
      `endpoint: ${server.url}`,
      'region: us-east-1',
      'force-path-style: true',
      'access-key-id: test',
      'secret-access-key: test',
    ],
    close: () => server.stop(),
  };
}

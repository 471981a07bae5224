import { join } from 'node:path';
import { adapterPeer, useFrameworks } from '../../adapter-peers.ts';
import type { Case, Contender, Context } from '../../suite.ts';

/** What the cases use of a checkpointer. */
interface Saver {
  getTuple(config: object): Promise<unknown>;
  put(config: object, checkpoint: object, metadata: object, newVersions: object): Promise<object>;
  putWrites(config: object, writes: [string, unknown][], taskId: string): Promise<void>;
}

const SAVERS: Record<string, (folder: string) => Promise<Saver>> = {
  '@kohakuvault/langchain': async (folder) => {
    useFrameworks();
    const { KVaultSaver } = await import('@kohakuvault/langchain/checkpoint');
    return new KVaultSaver(join(folder, 'agent.db')) as never;
  },
  '@langchain/langgraph-checkpoint-sqlite': async (folder) => {
    type Peer = { SqliteSaver: new (database: unknown) => Saver };
    const { SqliteSaver } = await adapterPeer<Peer>('@langchain/langgraph-checkpoint-sqlite');
    const { openBare } = await import('../../peers/better-sqlite3.ts');
    return new SqliteSaver(await openBare(join(folder, 'other.db')));
  },
};

/** A conversation that does not change, and a counter that does. */
const messages = Array.from({ length: 50 }, (_, turn) => ({ role: 'user', text: `message ${turn} `.repeat(20) }));

/** A step of a graph: a checkpoint with one new value, and a write. */
async function step(saver: Saver, config: object, turn: number): Promise<object> {
  const versions = { messages: 1, counter: turn + 1 };
  const checkpoint = {
    v: 4,
    id: `1ef4f797-${String(turn).padStart(12, '0')}`,
    ts: '2026-01-01T00:00:00.000Z',
    channel_values: { messages, counter: turn },
    channel_versions: versions,
    versions_seen: {},
  };
  const metadata = { source: 'loop', step: turn, parents: {} };
  const next = await saver.put(config, checkpoint, metadata, turn === 0 ? versions : { counter: turn + 1 });
  await saver.putWrites(next, [['counter', turn]], 'task');
  return next;
}

function each(work: (saver: Saver, context: Context) => Promise<number>): Record<string, Contender> {
  return Object.fromEntries(
    Object.entries(SAVERS).map(([name, open]) => [
      name,
      async (context: Context) => work(await open(context.folder), context),
    ]),
  );
}

const note = 'A thread with 50 messages that stay the same.';

export const langgraphCases: Case[] = [
  {
    name: 'langgraph: a step',
    unit: 'ns',
    note,
    contenders: each(async (saver, { perAsyncOperation }) => {
      let config: object = { configurable: { thread_id: 'a', checkpoint_ns: '' } };
      let count = 0;
      return perAsyncOperation(async () => {
        config = await step(saver, config, count++);
        return count;
      });
    }),
  },
  {
    name: 'langgraph: the newest checkpoint',
    unit: 'ns',
    note,
    contenders: each(async (saver, { perAsyncOperation }) => {
      let config: object = { configurable: { thread_id: 'a', checkpoint_ns: '' } };
      for (let turn = 0; turn < 20; turn++) config = await step(saver, config, turn);
      const newest = { configurable: { thread_id: 'a', checkpoint_ns: '' } };
      return perAsyncOperation(async () => ((await saver.getTuple(newest)) ? 1 : 0));
    }),
  },
];

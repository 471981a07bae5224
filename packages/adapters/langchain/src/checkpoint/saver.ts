import { isDeepStrictEqual } from 'node:util';
import { InvalidArgument } from '@kohakuvault/core-native/internal';
import { type DatabaseSource, KVault } from '@kohakuvault/kvault';
import type { RunnableConfig } from '@langchain/core/runnables';
import {
  BaseCheckpointSaver,
  type ChannelVersions,
  type Checkpoint,
  type CheckpointListOptions,
  type CheckpointMetadata,
  type CheckpointPendingWrite,
  type CheckpointTuple,
  copyCheckpoint,
  getCheckpointId,
  maxChannelVersion,
  type PendingWrite,
  type SerializerProtocol,
  TASKS,
  WRITES_IDX_MAP,
} from '@langchain/langgraph-checkpoint';
import type { VaultSettings } from '../vault-settings.ts';
import { beginningOf, checkPart, keyOf, numberKey, type Place, partsOf } from './keys.ts';

export interface KVaultSaverOptions {
  /** The name of the table. Default 'langgraph'. */
  table?: string | undefined;
  /** What encodes the values. Default: that of LangGraph. */
  serde?: SerializerProtocol | undefined;
  /** Settings of the vault and its connection. */
  vault?: VaultSettings | undefined;
}

/** Something as the serializer has written it. */
type Serialized = readonly [type: string, bytes: Uint8Array];

interface StoredCheckpoint {
  /** Without the values of its channels. */
  readonly checkpoint: Serialized;
  readonly metadata: Serialized;
  readonly parent: string | null;
}

interface StoredWrite {
  readonly channel: string;
  readonly value: Serialized;
  readonly path: string;
}

/** How many checkpoints `list` reads at a time. */
const PAGE = 64;

/**
 * A checkpointer for LangGraph. A value of a channel is stored once, with the checkpoint in which it is new, and all
 * that follow refer to it.
 */
export class KVaultSaver extends BaseCheckpointSaver {
  /** The vault below. The keys of a thread lie together. */
  // biome-ignore lint/suspicious/noExplicitAny: three kinds of rows.
  readonly vault: KVault<any>;

  /** `source` is a path, or an open vault or `Database`, whose file then has the checkpoints too. */
  constructor(source: DatabaseSource, { table = 'langgraph', serde, vault }: KVaultSaverOptions = {}) {
    super(serde);
    this.vault = new KVault(source, { ...vault, table });
  }

  async getTuple(config: RunnableConfig): Promise<CheckpointTuple | undefined> {
    const { thread_id, checkpoint_ns = '' } = config.configurable ?? {};
    if (thread_id === undefined) return undefined;
    const thread = checkPart('thread_id', thread_id);
    const namespace = checkPart('checkpoint_ns', checkpoint_ns);
    const asked = getCheckpointId(config);
    const id = asked || this.#newest(thread, namespace);
    if (id === undefined) return undefined;
    const place = { thread, namespace, id };
    const stored = this.#read(place);
    return stored && this.#tupleOf(place, stored, asked ? config : undefined);
  }

  async *list(config: RunnableConfig, options: CheckpointListOptions = {}): AsyncGenerator<CheckpointTuple> {
    const { limit = Number.POSITIVE_INFINITY, before, filter = {} } = options;
    const wanted = Object.entries(filter).filter(([, value]) => value !== undefined);
    const places = this.#places(config, before?.configurable?.checkpoint_id);
    let left = limit;
    for (let start = 0; start < places.length && left > 0; start += PAGE) {
      const page = places.slice(start, start + PAGE);
      const rows: (StoredCheckpoint | undefined)[] = this.vault.getMany(page.map(checkpointKey));
      for (const [index, stored] of rows.entries()) {
        if (!stored) continue;
        const metadata = (await this.#load(stored.metadata)) as CheckpointMetadata & Record<string, unknown>;
        if (!wanted.every(([name, value]) => isDeepStrictEqual(metadata[name], value))) continue;
        if (left-- <= 0) return;
        yield await this.#tupleOf(page[index] as Place, stored);
      }
    }
  }

  async put(
    config: RunnableConfig,
    checkpoint: Checkpoint,
    metadata: CheckpointMetadata,
    newVersions: ChannelVersions,
  ): Promise<RunnableConfig> {
    const { thread_id, checkpoint_ns = '', checkpoint_id } = config.configurable ?? {};
    if (thread_id === undefined) throw missing('put', 'thread_id');
    const thread = checkPart('thread_id', thread_id);
    const namespace = checkPart('checkpoint_ns', checkpoint_ns);
    const place = { thread, namespace, id: checkPart('checkpoint.id', checkpoint.id) };
    const { channel_values, ...others } = copyCheckpoint(checkpoint);
    // All is encoded before the first write.
    const values = await Promise.all(
      Object.entries(newVersions)
        .filter(([channel]) => Object.hasOwn(channel_values, channel))
        .map(
          async ([channel, version]): Promise<[string, Serialized]> => [
            valueKey(place, channel, version),
            await this.#dump(channel_values[channel]),
          ],
        ),
    );
    const stored: StoredCheckpoint = {
      checkpoint: await this.#dump(others),
      metadata: await this.#dump(metadata),
      parent: checkpoint_id === undefined ? null : checkPart('checkpoint_id', checkpoint_id),
    };
    this.vault.setMany([...values, [checkpointKey(place), stored]]);
    return configOf(place);
  }

  async putWrites(config: RunnableConfig, writes: PendingWrite[], taskId: string, taskPath = ''): Promise<void> {
    const { thread_id, checkpoint_ns = '', checkpoint_id } = config.configurable ?? {};
    if (thread_id === undefined) throw missing('putWrites', 'thread_id');
    if (checkpoint_id === undefined) throw missing('putWrites', 'checkpoint_id');
    const place = {
      thread: checkPart('thread_id', thread_id),
      namespace: checkPart('checkpoint_ns', checkpoint_ns),
      id: checkPart('checkpoint_id', checkpoint_id),
    };
    const rows = await Promise.all(
      writes.map(async ([channel, value], index) => {
        const number = WRITES_IDX_MAP[channel] ?? index;
        const stored: StoredWrite = { channel, value: await this.#dump(value), path: taskPath };
        return { key: keyOf(...partsOfWrites(place), taskId, numberKey(number)), number, stored };
      }),
    );
    this.vault.transaction(() => {
      // A task that runs again keeps its results. Its errors and interrupts are replaced.
      const fresh = rows.filter(({ key, number }) => number < 0 || !this.vault.has(key));
      this.vault.setMany(fresh.map(({ key, stored }) => [key, stored]));
    });
  }

  async deleteThread(threadId: string): Promise<void> {
    this.vault.deleteRange({ prefix: beginningOf(checkPart('thread_id', threadId)) });
  }

  /** Closes the vault. */
  close(): void {
    this.vault.close();
  }

  #newest(thread: string, namespace: string): string | undefined {
    const range = { prefix: beginningOf(thread, 'checkpoint', namespace), reverse: true, limit: 1 };
    for (const key of this.vault.keys(range)) return placeOf(key).id;
    return undefined;
  }

  #read(place: Place): StoredCheckpoint | undefined {
    return this.vault.get(checkpointKey(place));
  }

  /** Returns where the checkpoints of a configuration are, the newest first. */
  #places({ configurable = {} }: RunnableConfig, before: string | undefined): Place[] {
    const { thread_id, checkpoint_ns, checkpoint_id } = configurable;
    const threads = thread_id === undefined ? this.#threads() : [checkPart('thread_id', thread_id)];
    const places = threads.flatMap((thread) => {
      const parts = [thread, 'checkpoint', ...(checkpoint_ns === undefined ? [] : [checkPart('ns', checkpoint_ns)])];
      return Array.from(this.vault.keys({ prefix: beginningOf(...parts) }), placeOf);
    });
    return places
      .filter(({ id }) => (before === undefined || id < before) && (!checkpoint_id || id === checkpoint_id))
      .sort((a, b) => (a.id < b.id ? 1 : -1));
  }

  /** Returns the threads, by a look-up for each. */
  #threads(): string[] {
    const found: string[] = [];
    let range: { limit: number; gte?: string } = { limit: 1 };
    for (;;) {
      const [key] = this.vault.keys(range);
      if (key === undefined) return found;
      const [thread = ''] = partsOf(key);
      found.push(thread);
      // Behind all keys of the thread.
      range = { limit: 1, gte: `${keyOf(thread)}\x01` };
    }
  }

  async #tupleOf(place: Place, stored: StoredCheckpoint, asked?: RunnableConfig): Promise<CheckpointTuple> {
    const bare = (await this.#load(stored.checkpoint)) as Omit<Checkpoint, 'channel_values'>;
    const checkpoint: Checkpoint = { ...bare, channel_values: await this.#values(place, bare.channel_versions) };
    const { parent } = stored;
    if (checkpoint.v < 4 && parent !== null) await this.#migrateSends(checkpoint, { ...place, id: parent });
    return {
      config: asked ?? configOf(place),
      checkpoint,
      metadata: (await this.#load(stored.metadata)) as CheckpointMetadata,
      pendingWrites: await this.#writes(place),
      ...(parent !== null && { parentConfig: configOf({ ...place, id: parent }) }),
    };
  }

  async #values(place: Place, versions: ChannelVersions): Promise<Record<string, unknown>> {
    const channels = Object.entries(versions);
    const rows: (Serialized | undefined)[] = this.vault.getMany(
      channels.map(([channel, version]) => valueKey(place, channel, version)),
    );
    const values = await Promise.all(
      channels.map(async ([channel], index) => {
        const row = rows[index];
        return row ? [[channel, await this.#load(row)] as const] : [];
      }),
    );
    return Object.fromEntries(values.flat());
  }

  async #writes(place: Place): Promise<CheckpointPendingWrite[]> {
    return Promise.all(
      this.#orderedWrites(place).map(
        async ([task, { channel, value }]): Promise<CheckpointPendingWrite> => [task, channel, await this.#load(value)],
      ),
    );
  }

  /** Returns the writes in the order in which LangGraph applies them: by path, task and number. */
  #orderedWrites(place: Place): [task: string, StoredWrite][] {
    const rows: [string, StoredWrite][] = this.vault.toArray({ prefix: beginningOf(...partsOfWrites(place)) });
    return rows
      .map(([key, write]): [string, StoredWrite] => [partsOf(key)[4] as string, write])
      .sort(([, a], [, b]) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));
  }

  /** Gives an old checkpoint the sends that its parent had pending, as LangGraph expects them today. */
  async #migrateSends(checkpoint: Checkpoint, parent: Place): Promise<void> {
    const sends = this.#orderedWrites(parent).filter(([, { channel }]) => channel === TASKS);
    checkpoint.channel_values[TASKS] = await Promise.all(sends.map(([, { value }]) => this.#load(value)));
    const versions = Object.values(checkpoint.channel_versions);
    checkpoint.channel_versions[TASKS] =
      versions.length > 0 ? maxChannelVersion(...versions) : this.getNextVersion(undefined);
  }

  async #dump(value: unknown): Promise<Serialized> {
    const [type, bytes] = await this.serde.dumpsTyped(value);
    return [type, bytes];
  }

  #load([type, bytes]: Serialized): Promise<unknown> {
    return this.serde.loadsTyped(type, bytes);
  }
}

function checkpointKey({ thread, namespace, id }: Place): string {
  return keyOf(thread, 'checkpoint', namespace, id);
}

function valueKey({ thread, namespace }: Place, channel: string, version: number | string): string {
  return keyOf(thread, 'value', namespace, channel, String(version));
}

function partsOfWrites({ thread, namespace, id }: Place): string[] {
  return [thread, 'write', namespace, id];
}

function placeOf(key: string): Place {
  const [thread = '', , namespace = '', id = ''] = partsOf(key);
  return { thread, namespace, id };
}

function configOf({ thread, namespace, id }: Place): RunnableConfig {
  return { configurable: { thread_id: thread, checkpoint_ns: namespace, checkpoint_id: id } };
}

function missing(method: string, name: string): InvalidArgument {
  return new InvalidArgument(
    `${method} got a configuration without configurable.${name}; pass { configurable: { ${name} } } to the graph`,
  );
}

// LangGraph's own suite for checkpointers, and graphs that go on in another process.
import { KVaultSaver } from '@kohakuvault/langchain/checkpoint';
import { Annotation, interrupt, MemorySaver, StateGraph } from '@langchain/langgraph';
import { emptyCheckpoint, TASKS, uuid6 } from '@langchain/langgraph-checkpoint';
import { deltaChannelHistoryTests, specTest } from '@langchain/langgraph-checkpoint-validation';
import { expect, onTestFinished, test } from 'vitest';
import { tempFile } from '../../../../tools/testing/src/temp.ts';

const initializer = {
  checkpointerName: '@kohakuvault/langchain',
  createCheckpointer: () => new KVaultSaver(':memory:'),
  destroyCheckpointer: (saver: KVaultSaver) => saver.close(),
};
specTest(initializer);
deltaChannelHistoryTests(initializer);

function open(file = tempFile()): KVaultSaver {
  const saver = new KVaultSaver(file);
  onTestFinished(() => saver.close());
  return saver;
}

const State = Annotation.Root({
  notes: Annotation<string[]>({ reducer: (left, right) => left.concat(right), default: () => [] }),
});

function graphOver(checkpointer: KVaultSaver | MemorySaver) {
  return new StateGraph(State)
    .addNode('first', () => ({ notes: ['first'] }))
    .addNode('ask', () => ({ notes: [interrupt('go on?') as string] }))
    .addNode('last', () => ({ notes: ['last'] }))
    .addEdge('__start__', 'first')
    .addEdge('first', 'ask')
    .addEdge('ask', 'last')
    .compile({ checkpointer });
}

test('a graph that was interrupted goes on over another connection', async () => {
  const { Command } = await import('@langchain/langgraph');
  const file = tempFile();
  const config = { configurable: { thread_id: 'a' } };
  const before = new KVaultSaver(file);
  await graphOver(before).invoke({ notes: ['start'] }, config);
  before.close();
  const graph = graphOver(open(file));
  expect((await graph.getState(config)).next).toEqual(['ask']);
  const { notes } = await graph.invoke(new Command({ resume: 'yes' }), config);
  expect(notes).toEqual(['start', 'first', 'yes', 'last']);
});

test('the history is that of a MemorySaver', async () => {
  const histories = await Promise.all(
    [open(), new MemorySaver()].map(async (saver) => {
      const graph = graphOver(saver);
      const config = { configurable: { thread_id: 'a' } };
      await graph.invoke({ notes: ['start'] }, config);
      const steps = [];
      for await (const { values, next, metadata } of graph.getStateHistory(config)) {
        steps.push({ values, next, step: metadata?.step, source: metadata?.source });
      }
      return steps;
    }),
  );
  expect(histories[0]).toEqual(histories[1]);
});

test('ids with any characters stay apart, and a thread is deleted alone', async () => {
  const saver = open();
  const threads = ['a', 'a\0', 'a\\0', 'a\\', 'a/b', '', 'a\x01'];
  const metadata = { source: 'input' as const, step: -1, parents: {} };
  for (const thread_id of threads) {
    const checkpoint = {
      ...emptyCheckpoint(),
      id: uuid6(0),
      channel_values: { v: thread_id },
      channel_versions: { v: 1 },
    };
    const config = await saver.put({ configurable: { thread_id } }, checkpoint, metadata, { v: 1 });
    await saver.putWrites(config, [[TASKS, thread_id]], 'task');
  }
  const listed = async () => {
    const found: unknown[] = [];
    for await (const { checkpoint } of saver.list({})) found.push(checkpoint.channel_values.v);
    return found.sort();
  };
  expect(await listed()).toEqual([...threads].sort());
  await saver.deleteThread('a');
  expect(await listed()).toEqual(threads.slice(1).sort());
  const left = await saver.getTuple({ configurable: { thread_id: 'a\0' } });
  expect(left?.pendingWrites).toEqual([['task', TASKS, 'a\0']]);
});

test('a value of a channel is stored once', async () => {
  const saver = open();
  const long = 'x'.repeat(100_000);
  const metadata = { source: 'loop' as const, step: 0, parents: {} };
  let config: object = { configurable: { thread_id: 'a' } };
  for (let step = 1; step <= 10; step++) {
    const channel_versions = { long: 1, step };
    const checkpoint = { ...emptyCheckpoint(), id: uuid6(step), channel_values: { long, step }, channel_versions };
    config = await saver.put(config, checkpoint, metadata, step === 1 ? channel_versions : { step });
  }
  expect((await saver.getTuple(config))?.checkpoint.channel_values).toEqual({ long, step: 10 });
  const bytes = saver.vault.database.prepare('SELECT sum(length(value)) FROM langgraph').pluck().get();
  expect(bytes).toBeLessThan(150_000);
});

test('bad configurations are refused', async () => {
  const saver = open();
  const checkpoint = emptyCheckpoint();
  const metadata = { source: 'input' as const, step: -1, parents: {} };
  await expect(saver.put({ configurable: {} }, checkpoint, metadata, {})).rejects.toMatchObject({
    code: 'KV_INVALID_ARGUMENT',
  });
  await expect(saver.getTuple({ configurable: { thread_id: 5 } })).rejects.toThrow('thread_id is 5');
});

// A bit of every adapter. It prints one line of JSON.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KeyvVault } from '@kohakuvault/keyv';
import { KVaultStore, VaultVectorStore } from '@kohakuvault/langchain';
import { KVaultSaver } from '@kohakuvault/langchain/checkpoint';
import { KVaultLevel } from '@kohakuvault/level';
import { VaultVector } from '@kohakuvault/mastra';
import { SessionVault } from '@kohakuvault/session';
import { SessionVault as FastifySessions } from '@kohakuvault/session/fastify';
import { kvaultDriver } from '@kohakuvault/unstorage';
import { Document } from '@langchain/core/documents';
import { FakeEmbeddings } from '@langchain/core/utils/testing';
import { emptyCheckpoint } from '@langchain/langgraph-checkpoint';
import { Keyv } from 'keyv';
import { createStorage } from 'unstorage';

async function keyv(path) {
  const keyv = new Keyv({ store: new KeyvVault(path) });
  await keyv.set('key', 'value', 60_000);
  const found = await keyv.get('key');
  await keyv.disconnect();
  return found;
}

async function unstorage(path) {
  const storage = createStorage({ driver: kvaultDriver({ path }) });
  await storage.setItem('key', 'value');
  const found = await storage.getItem('key');
  await storage.dispose();
  return found;
}

async function level(path) {
  const level = new KVaultLevel(path);
  await level.put('key', 'value');
  const [found] = await level.values().all();
  await level.close();
  return found;
}

async function session(path, Store, table) {
  const store = new Store(path, { table });
  const call = (run) => new Promise((resolve, reject) => run((error, got) => (error ? reject(error) : resolve(got))));
  await call((done) => store.set('id', { cookie: {}, key: 'value' }, done));
  const found = await call((done) => store.get('id', done));
  store.close();
  return found.key;
}

async function langchain(path) {
  const store = new VaultVectorStore(new FakeEmbeddings(), { path });
  await store.addVectors(
    [
      [1, 0],
      [0, 1],
    ],
    ['near', 'far'].map((pageContent) => new Document({ pageContent, metadata: {} })),
  );
  const [[document]] = await store.similaritySearchVectorWithScore([0.9, 0.1], 1);
  const values = new KVaultStore(path);
  await values.mset([['key', document.pageContent]]);
  const [found] = await values.mget(['key']);
  for (const each of [values, store]) each.close();
  return found;
}

async function checkpoint(path) {
  const saver = new KVaultSaver(path);
  const config = { configurable: { thread_id: 'the thread', checkpoint_ns: '' } };
  const next = await saver.put(config, emptyCheckpoint(), { source: 'loop', step: 0, parents: {} }, {});
  const found = await saver.getTuple(next);
  saver.close();
  return found.config.configurable.thread_id;
}

async function mastra(path) {
  const store = new VaultVector({ id: 'vectors', path });
  await store.createIndex({ indexName: 'notes', dimension: 2 });
  const vectors = [
    [1, 0],
    [0, 1],
  ];
  await store.upsert({ indexName: 'notes', vectors, metadata: [{ text: 'near' }, { text: 'far' }] });
  const [found] = await store.query({ indexName: 'notes', queryVector: [0.9, 0.1], topK: 1 });
  store.close();
  return found.metadata.text;
}

async function everything() {
  const folder = mkdtempSync(join(tmpdir(), 'kohakuvault-adapters-'));
  const path = join(folder, 'vault.db');
  try {
    return {
      keyv: await keyv(path),
      unstorage: await unstorage(path),
      level: await level(path),
      session: await session(path, SessionVault, 'express'),
      fastify: await session(path, FastifySessions, 'fastify'),
      langchain: await langchain(path),
      checkpoint: await checkpoint(path),
      mastra: await mastra(path),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

everything().then(
  (told) => console.log(JSON.stringify(told)),
  (error) => {
    console.error(error);
    process.exitCode = 1;
  },
);

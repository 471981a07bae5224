// The other process: answers what comes through one pipe into another. See helper.ts.
import { openSync } from 'node:fs';
import { ColumnVault } from '@kohakuvault/columns';
import { KohakuVaultError } from '@kohakuvault/core-native';
import { KVault } from '@kohakuvault/kvault';
import { VectorKVault } from '@kohakuvault/vector';
import { contentOf } from './content.ts';
import { receive, send } from './helper.ts';
import type { Answer, Request } from './helper-requests.ts';
import { DIMENSIONS } from './values.ts';

const IMPATIENT = { retries: 0, busyTimeout: 0, enableWal: false };

class Vaults {
  readonly kv: KVault;
  readonly columns: ColumnVault;
  readonly vectors: VectorKVault;

  constructor(path: string, more = {}) {
    const options = { ...IMPATIENT, ...more };
    this.kv = new KVault(path, options);
    this.columns = new ColumnVault(path, options);
    this.vectors = new VectorKVault(path, { ...options, dimensions: DIMENSIONS, metric: 'l2' });
  }

  close(): void {
    for (const vault of [this.kv, this.columns, this.vectors]) vault.close();
  }
}

const requests = openSync(process.argv[2] as string, 'r');
const answers = openSync(process.argv[3] as string, 'w');
let vaults: Vaults | undefined;

for (let request = receive(requests); request !== undefined; request = receive(requests)) {
  send(answers, answerTo(request as Request));
}

function answerTo(request: Request): Answer {
  try {
    return { result: run(request) };
  } catch (error) {
    return {
      error: error instanceof KohakuVaultError ? `${error.code} ${error.message}` : `raw ${(error as Error).stack}`,
    };
  }
}

function run(request: Request): unknown {
  switch (request.op) {
    case 'open':
      vaults?.close();
      vaults = new Vaults(request.path);
      return;
    case 'close':
      vaults?.close();
      vaults = undefined;
      return;
    case 'read': {
      if (!request.anew && vaults) return contentOf(vaults.kv, vaults.columns, vaults.vectors);
      const fresh = new Vaults(request.path, { readonly: true });
      try {
        return contentOf(fresh.kv, fresh.columns, fresh.vectors);
      } finally {
        fresh.close();
      }
    }
  }
  const { kv, columns, vectors } = vaults as Vaults;
  switch (request.op) {
    case 'set':
      kv.set(request.key, request.value);
      return;
    case 'delete':
      return kv.delete(request.key);
    case 'append':
      return columns.column(request.name).append(request.element);
    case 'setElement':
      columns.column(request.name).set(request.index, request.element);
      return;
    case 'removeElement':
      return columns.column(request.name).remove(request.index);
    case 'insert':
      return vectors.insert(request.vector, request.value);
    case 'remove':
      return vectors.delete(request.id);
  }
}

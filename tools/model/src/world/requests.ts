import { ColumnVault } from '@kohakuvault/columns';
import { KVault } from '@kohakuvault/kvault';
import { TextVault } from '@kohakuvault/text';
import { VectorKVault } from '@kohakuvault/vector';
import { contentOf } from './content.ts';
import type { Request } from './helper-requests.ts';
import { DIMENSIONS } from './values.ts';

export const IMPATIENT = { retries: 0, busyTimeout: 0 };

/** The vaults on one connection. */
export class Vaults {
  readonly kv: KVault;
  readonly columns: ColumnVault;
  readonly vectors: VectorKVault;
  readonly texts: TextVault;

  constructor(path: string, more: { readonly?: boolean } = {}) {
    // The main connection decides whether there is a WAL.
    const options = { ...IMPATIENT, enableWal: false, ...more };
    this.kv = new KVault(path, options);
    this.columns = new ColumnVault(path, options);
    this.vectors = new VectorKVault(path, { ...options, dimensions: DIMENSIONS, metric: 'l2' });
    this.texts = new TextVault(path, options);
  }

  get content() {
    return contentOf(this.kv, this.columns, this.vectors, this.texts);
  }

  close(): void {
    for (const vault of [this.kv, this.columns, this.vectors, this.texts]) vault.close();
  }

  run(request: Request): unknown {
    const { kv, columns, vectors, texts } = this;
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
      case 'insertText':
        return texts.insert(request.text, request.value);
      case 'removeText':
        return texts.delete(request.id);
      default:
        throw new Error(`${request.op} is not for vaults`);
    }
  }
}

import { KVault } from '@kohakuvault/kvault';
import { Cache } from '../world/cache.ts';
import { pendingBytes } from '../world/check.ts';
import { DELETED, writeEntries } from '../world/model.ts';
import type { FileState } from '../world/state.ts';
import { encoded, value } from '../world/values.ts';
import type { Entries, World } from '../world/world.ts';

type Entry = readonly [string, unknown];

export function anyKv(world: World): Entries {
  return world.kvs[world.random.below(world.kvs.length)] as Entries;
}

/** The effect of a write of one entry, and whether it needs the file. */
export function put(world: World, kv: Entries, key: string, value: unknown): 'memory' | 'file' {
  const { model } = world;
  const keyBytes = Buffer.byteLength(key);
  const bytes = keyBytes + (value === DELETED ? 0 : encoded(value).length);
  const growth = () => {
    if (!model.pending.kv.has(key)) return bytes;
    const before = model.pending.kv.get(key);
    return bytes - keyBytes - (before === DELETED ? 0 : encoded(before).length);
  };
  const isLocked = world.locks.kv > 0;
  let usesFile = false;
  if (kv.cache.isBeyond(pendingBytes(model) + growth()) && !isLocked) {
    if (model.pending.kv.size > 0) {
      usesFile = true;
      model.change(writeEntries);
    }
    if (kv.cache.isBeyond(bytes)) {
      model.change((file) => write(file, key, value));
      return 'file';
    }
  }
  const isDue = !isLocked && kv.cache.isDue(pendingBytes(model) + growth());
  if (isDue) {
    model.change((file, pending) => {
      pending.kv.set(key, value);
      writeEntries(file, pending);
    });
    return 'file';
  }
  model.remember((pending) => pending.kv.set(key, value));
  return usesFile ? 'file' : 'memory';
}

function write(file: FileState, key: string, value: unknown): void {
  if (value === DELETED) file.kv.delete(key);
  else file.kv.set(key, value);
}

/** Sets or deletes an entry, through the cache of the vault or after the pending writes. */
function apply(world: World, kv: Entries, key: string, value: unknown): void {
  if (kv.cache.active) put(world, kv, key, value);
  else {
    world.model.change((file, pending) => {
      writeEntries(file, pending);
      write(file, key, value);
    });
  }
}

/** Returns what a write of an entry needs, found with a copy of the model. */
function needOf(world: World, kv: Entries, key: string, value: unknown): 'memory' | 'file' {
  if (!kv.cache.active) return 'file';
  const { model } = world;
  const bytes = Buffer.byteLength(key) + (value === DELETED ? 0 : encoded(value).length);
  if (world.locks.kv > 0) return 'memory';
  const before = model.pending.kv.get(key);
  const growth = model.pending.kv.has(key)
    ? bytes - Buffer.byteLength(key) - (before === DELETED ? 0 : encoded(before).length)
    : bytes;
  const after = pendingBytes(model) + growth;
  if (kv.cache.isBeyond(after) && (model.pending.kv.size > 0 || kv.cache.isBeyond(bytes))) return 'file';
  return kv.cache.isDue(after) ? 'file' : 'memory';
}

export function set(world: World, kv = anyKv(world)): void {
  const [wanted, given] = [world.key(), value(world.random)];
  const needs = needOf(world, kv, wanted, given);
  world.call({
    what: `${kv.name}.set('${wanted}')${kv.cache.active ? ` (${needs})` : ''}`,
    needs,
    isWhole: !kv.cache.active,
    touched: { keys: [wanted] },
    real: () => kv.vault.set(wanted, given) === kv.vault,
    expected: () => {
      apply(world, kv, wanted, given);
      return true;
    },
  });
}

export function remove(world: World): void {
  const kv = anyKv(world);
  const wanted = world.key();
  const existed = new Map(world.model.entries()).has(wanted);
  const isNothing = kv.cache.active && !existed;
  world.call({
    what: `${kv.name}.delete('${wanted}')`,
    needs: isNothing ? 'nothing' : needOf(world, kv, wanted, DELETED),
    isWhole: !kv.cache.active,
    touched: { keys: [wanted] },
    real: () => kv.vault.delete(wanted),
    expected: () => {
      if (!isNothing) apply(world, kv, wanted, DELETED);
      return existed;
    },
  });
}

export function setMany(world: World): void {
  const kv = anyKv(world);
  const entries = world.random.list(0, 6, (): Entry => [world.key(), value(world.random)]);
  const isUpdate = world.random.oneIn(3);
  const keys = entries.map(([key]) => key);
  world.call({
    what: `${kv.name}.${isUpdate ? 'update' : 'setMany'}(${keys})`,
    needs: 'file',
    touched: { keys },
    real: () => (isUpdate ? kv.vault.update(entries) : kv.vault.setMany(entries)),
    expected: () => {
      if (!kv.cache.active) world.model.change(writeEntries);
      for (const [key, value] of entries) apply(world, kv, key, value);
      return isUpdate ? undefined : entries.length;
    },
  });
}

export function deleteMany(world: World): void {
  const kv = anyKv(world);
  const keys = world.random.list(0, 5, () => world.key());
  world.call({
    what: `${kv.name}.deleteMany(${keys})`,
    needs: 'file',
    touched: { keys },
    real: () => kv.vault.deleteMany(keys),
    expected: () => {
      let count = 0;
      for (const key of keys) {
        const existed = new Map(world.model.entries()).has(key);
        if (existed) count++;
        if (existed || !kv.cache.active) apply(world, kv, key, DELETED);
      }
      return count;
    },
  });
}

export function pop(world: World): void {
  const kv = anyKv(world);
  const wanted = world.key();
  world.call({
    what: `${kv.name}.pop('${wanted}')`,
    needs: 'file',
    touched: { keys: [wanted] },
    real: () => kv.vault.pop(wanted, 'none'),
    expected: () => {
      const entries = new Map(world.model.entries());
      if (!entries.has(wanted)) return 'none';
      apply(world, kv, wanted, DELETED);
      return entries.get(wanted);
    },
  });
}

export function setDefault(world: World): void {
  const kv = anyKv(world);
  const [wanted, given] = [world.key(), value(world.random)];
  world.call({
    what: `${kv.name}.setDefault('${wanted}')`,
    needs: 'file',
    touched: { keys: [wanted] },
    real: () => kv.vault.setDefault(wanted, given),
    expected: () => {
      const entries = new Map(world.model.entries());
      if (entries.has(wanted)) return entries.get(wanted);
      apply(world, kv, wanted, given);
      return given;
    },
  });
}

export function clear(world: World): void {
  const kv = anyKv(world);
  world.call({
    what: `${kv.name}.clear()`,
    needs: 'file',
    touched: { keys: 'all' },
    real: () => kv.vault.clear(),
    expected: () => {
      world.model.change((file, pending) => {
        pending.kv.clear();
        file.kv.clear();
      });
    },
  });
}

/** Opens a value in place, which writes the pending write of its key, reads it, and may change bytes of it. */
export function openBlob(world: World) {
  const { random, model } = world;
  const kv = anyKv(world);
  const bytes = model.entries().filter(([, value]) => Buffer.isBuffer(value) && value.length > 0) as [string, Buffer][];
  const [wanted, before] = bytes[random.below(bytes.length)] ?? [];
  if (wanted === undefined || before === undefined) return;
  const isPending = model.pending.kv.has(wanted);
  const at = random.below(before.length);
  const writes = random.oneIn(2);
  const after = Buffer.from(before);
  after[at] = 0x41;
  world.call({
    what: `${kv.name}.openBlob('${wanted}')${writes ? `.write(${at})` : ''}`,
    needs: isPending || writes ? 'file' : 'nothing',
    // The pending write of the key may be written before the write is refused.
    isWhole: false,
    touched: { keys: [wanted] },
    real: () => {
      using blob = kv.vault.openBlob(wanted, { writable: writes });
      const found = blob.read(0, blob.size);
      if (writes) blob.write(at, Buffer.from('A'));
      return found;
    },
    expected: () => {
      if (isPending || writes) {
        model.change((file, pending) => {
          pending.kv.delete(wanted);
          file.kv.set(wanted, writes ? after : before);
        });
      }
      return before;
    },
  });
}

/** Opens another vault on the table, writes to it and closes it, which writes all pending writes. */
export function visit(world: World) {
  const { random, model, ours } = world;
  if (ours > 0 || model.held) return;
  world.log('new KVault() {');
  const kv: Entries = { name: 'visitor', vault: new KVault(world.source, world.options), cache: new Cache() };
  if (random.oneIn(2)) {
    kv.vault.enableCache();
    kv.cache.enable({});
  }
  world.within(() => set(world, kv));
  // It stays open if it cannot write.
  const needs = model.pending.kv.size > 0 ? ('file' as const) : ('nothing' as const);
  if (needs === 'file' && !model.canWrite) world.visitors.push(kv.vault);
  world.call({
    what: '}.close()',
    needs,
    isWhole: false,
    real: () => kv.vault.close(),
    expected: () => {
      if (needs === 'file') model.change(writeEntries);
    },
  });
}

/** Loops over entries while the body changes entries: as with Map, but in the order of keys. */
export function loop(world: World, step: (world: World) => void): void {
  const { model, random } = world;
  const kv = anyKv(world);
  const reverse = random.oneIn(3);
  // Beyond the first page, if there is more than one.
  const most = world.isLarge && random.oneIn(3) ? 600 : 12;
  world.log(`for (of ${kv.name}.entries({ reverse: ${reverse} })) {`);
  const real = kv.vault.entries({ reverse });
  let last: Buffer | undefined;
  world.within(() => {
    for (let rounds = 0; rounds < most; rounds++) {
      const next = real.next();
      world.rethrow();
      world.settleReads();
      const entries = reverse ? model.entries().reverse() : model.entries();
      const expected = entries.find(([key]) => {
        const order = last === undefined ? 1 : Buffer.compare(Buffer.from(key), last);
        return last === undefined || (reverse ? order < 0 : order > 0);
      });
      world.equal(`${kv.name}: the next entry`, next.value, expected);
      if (next.done) return;
      last = Buffer.from(next.value[0]);
      if (most < 100) world.log(`at '${next.value[0]}'`);
      if (random.oneIn(most / 4)) {
        const [wasQuiet, wasStale] = [world.isQuiet, model.isStale];
        world.isQuiet = true;
        step(world);
        world.isQuiet = wasQuiet;
        // The end of the transaction shows what others have committed, and the loop has read pages ahead.
        if (wasStale && !model.isStale) break;
      }
      if (random.oneIn(most)) break;
    }
    real.return(undefined);
  });
  world.log('}');
  if (!world.model.fixed) world.settleReads();
}

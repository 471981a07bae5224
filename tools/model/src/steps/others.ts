import { checkOthers } from '../world/check.ts';
import type { Answer, Request } from '../world/helper-requests.ts';
import { Mismatch, show } from '../world/mismatch.ts';
import type { Vaults } from '../world/requests.ts';
import type { FileState } from '../world/state.ts';
import { element, encoded, text, value, vector } from '../world/values.ts';
import type { World } from '../world/world.ts';

/** Returns whether another connection can write now: the main connection may have the lock, or a third one. */
function isFree({ model }: World): boolean {
  return model.lock === 'nobody';
}

/** Writes through another connection of the thread, or another process. */
export function write(world: World): void {
  // Without a WAL no other connection can commit while the main connection reads.
  if (world.kind === 'journal' && world.model.inTransaction) return;
  if (world.model.lock === 'other' || world.isQuiet) return;
  const { helper, peer, random } = world;
  if (helper && random.oneIn(2)) request(world, 'the other process', (request) => helper.ask(request));
  else if (peer && random.oneIn(2)) request(world, 'the other vaults', (request) => answerOf(peer, request));
  else byConnection(world);
}

function byConnection(world: World): void {
  const { random, model, second } = world;
  const [one, given] = [world.key(), value(random)];
  const deletes = random.oneIn(3);
  world.log(`the second connection ${deletes ? 'deletes' : 'sets'} '${one}'`);
  const isBusy = !isFree(world);
  let error: { code?: string } | undefined;
  try {
    writeEntry(world, one, deletes ? undefined : encoded(given));
  } catch (thrown) {
    error = thrown as { code?: string };
  }
  if (isBusy !== (error?.code === 'SQLITE_BUSY')) {
    throw new Mismatch('the second connection: busy or not', { cause: error ?? second });
  }
  if (isBusy || (deletes && !model.committed.kv.has(one))) return;
  model.changeByOthers((file) => (deletes ? file.kv.delete(one) : file.kv.set(one, given)));
}

function writeEntry({ second }: World, key: string, value: Buffer | undefined): void {
  if (value) second.prepare('INSERT OR REPLACE INTO kv (key, value) VALUES (?, ?)').run(Buffer.from(key), value);
  else second.prepare('DELETE FROM kv WHERE key = ?').run(Buffer.from(key));
}

/** Writes through vaults of another connection. */
function request(world: World, who: string, ask: (request: Request) => Answer): void {
  const { model } = world;
  const { request, change } = anyRequest(world);
  world.log(`${who}: ${show(request).slice(0, 100)}`);
  const { result, error } = ask(request);
  if (isFree(world) ? error !== undefined : !error?.startsWith('KV_BUSY')) {
    throw new Mismatch(`${who}, while ${isFree(world) ? 'nobody' : 'the main connection'} has the lock: ${error}`);
  }
  if (error === undefined) model.changeByOthers((file) => change(file, result));
}

function answerOf(vaults: Vaults, request: Request): Answer {
  try {
    return { result: vaults.run(request) };
  } catch (error) {
    return { error: show(error).replace(/^\w+ /, '') };
  }
}

function anyRequest(world: World): { request: Request; change: (file: FileState, result: unknown) => void } {
  const { random, model } = world;
  const [one, given] = [world.key(), value(random)];
  const names = [...model.committed.columns.keys()];
  const name = names[random.below(names.length)];
  const column = name === undefined ? undefined : model.committed.columns.get(name);
  const ids = [...model.committed.vectors.keys()];
  const id = ids[random.below(ids.length)];
  const index = random.below(column?.stored.length ?? 0);
  const stored = (file: FileState) => file.columns.get(name as string)?.stored as unknown[];
  const textIds = [...model.committed.texts.keys()];
  const textId = textIds[random.below(textIds.length)];
  switch (random.below(10)) {
    case 0:
      if (name === undefined || !column) break;
      {
        const given = element(random, column.dtype);
        return { request: { op: 'append', name, element: given }, change: (file) => stored(file).push(given) };
      }
    case 1:
    case 2:
      if (name === undefined || !column?.stored.length) break;
      if (random.oneIn(2)) {
        return { request: { op: 'removeElement', name, index }, change: (file) => stored(file).splice(index, 1) };
      } else {
        const given = element(random, column.dtype);
        return {
          request: { op: 'setElement', name, index, element: given },
          change: (file) => {
            stored(file)[index] = given;
          },
        };
      }
    case 3: {
      const given = vector(random);
      const text = value(random);
      return {
        request: { op: 'insert', vector: given, value: text },
        change: (file, result) => file.vectors.set(result as bigint, { vector: given, value: text }),
      };
    }
    case 8: {
      const [given, own] = [text(random), value(random)];
      return {
        request: { op: 'insertText', text: given, value: own },
        change: (file, result) => file.texts.set(result as bigint, { text: given, value: own }),
      };
    }
    case 9:
      if (textId === undefined) break;
      return { request: { op: 'removeText', id: textId }, change: (file) => file.texts.delete(textId) };
    case 4:
      if (id === undefined) break;
      return { request: { op: 'remove', id }, change: (file) => file.vectors.delete(id) };
    case 5: {
      const present = [...model.committed.kv.keys()];
      const found = present[random.below(present.length)];
      if (found === undefined) break;
      return { request: { op: 'delete', key: found }, change: (file) => file.kv.delete(found) };
    }
  }
  return { request: { op: 'set', key: one, value: given }, change: (file) => file.kv.set(one, given) };
}

/** Runs steps while another connection has the lock. */
export function hold(world: World, steps: (world: World, count: number) => void): void {
  const { random, model, second } = world;
  if (!isFree(world) || world.isQuiet || (world.kind === 'journal' && model.inTransaction)) return;
  world.log('the second connection: BEGIN IMMEDIATE {');
  second.exec('BEGIN IMMEDIATE');
  model.lock = 'other';
  const [one, given] = [world.key(), value(random)];
  const writes = random.oneIn(2);
  if (writes) writeEntry(world, one, encoded(given));
  try {
    world.within(() => steps(world, 1 + random.below(6)));
  } catch (error) {
    if (second.inTransaction) second.exec('ROLLBACK');
    throw error;
  }
  // Without a WAL it could not commit while the main connection reads.
  const commits = random.oneIn(2) && !(world.kind === 'journal' && model.inTransaction);
  world.log(`} ${commits ? 'COMMIT' : 'ROLLBACK'} -- of the second connection${writes ? `, which set '${one}'` : ''}`);
  second.exec(commits ? 'COMMIT' : 'ROLLBACK');
  model.lock = 'nobody';
  if (commits && writes) model.changeByOthers((file) => file.kv.set(one, given));
  if (!model.inTransaction) checkOthers(world);
}

import { createHash } from 'node:crypto';
import { inspect } from 'node:util';
import { InvalidArgument, KohakuVaultError, NotFound } from '@kohakuvault/core-native/internal';
import { KVault } from '@kohakuvault/kvault';
import { showKey } from '@kohakuvault/kvault/internal';
import { Cbor, Json, MsgPack, Pickle } from '@kohakuvault/packer/value';
import type { PlanRequest, ShownValue } from '../api/types.ts';
import { onlyByProgram, type VaultFile } from '../file/vault-file.ts';
import { rangeOfQuery } from '../keys/key-range.ts';
import { keyOf } from '../keys/key-ref.ts';
import { textOf } from '../values/media-type.ts';
import { readTypedJson } from '../values/read-typed-json.ts';
import { decodeWhole, isBytes, openStored } from '../values/stored-value.ts';
import { typedJson } from '../values/typed-json.ts';

/** Changes of one plan. */
const MOST = 100_000;
const SHOWN = 10_000;

type KeyPlanRequest = Exclude<PlanRequest, { kind: 'element' }>;

/** What a change does to one key. */
export interface Step {
  readonly key: Buffer;
  /** The hash of what is stored now; undefined if there is no such key. */
  readonly before: string | undefined;
  /** Absent: the key is deleted. */
  readonly value?: { readonly of: unknown };
  /** The key that the value gets. */
  readonly to?: Buffer;
}

/** Checks what is asked for against the file. Returns the steps. */
export function stepsOf(file: VaultFile, request: KeyPlanRequest): { table: string; steps: Step[] } {
  const table = request.kind === 'delete-range' ? request.range.table : request.table;
  const { vault } = file.stored(table);
  const step = (key: Buffer): Step => ({ key, before: hashOf(file, table, key) });
  const present = (key: Buffer): Step => {
    const found = step(key);
    if (found.before === undefined) throw new NotFound(`${table} has no key ${showKey(key)}`);
    return found;
  };
  switch (request.kind) {
    case 'set':
    case 'text': {
      const key = keyOf(request.key);
      const found = step(key);
      const of = request.kind === 'set' ? readTypedJson(request.json) : request.text;
      return { table, steps: [{ ...found, value: { of: asStored(file, table, key, found, of) } }] };
    }
    case 'delete':
      if (request.keys.length > MOST) throw tooMany(request.keys.length);
      return { table, steps: [...new Set(request.keys)].map((ref) => present(keyOf(ref))) };
    case 'delete-range': {
      const range = rangeOfQuery(request.range);
      if (Object.keys(range).length === 0) {
        throw new InvalidArgument(
          'the range has no prefix and no end, so that all keys would be deleted; give { prefix: "t:" } for that',
        );
      }
      const count = vault.count(range);
      if (count > MOST) throw tooMany(count);
      return { table, steps: [...vault.keys(range)].map(present) };
    }
    case 'rename': {
      const [key, to] = [keyOf(request.key), keyOf(request.to, 'to')];
      if (hashOf(file, table, to) !== undefined) {
        throw new InvalidArgument(`${table} already has a key ${showKey(to)}; delete it first, or choose another name`);
      }
      return { table, steps: [{ ...present(key), to }] };
    }
  }
}

function tooMany(count: number): InvalidArgument {
  return new InvalidArgument(
    `${count} keys would be deleted; at most ${MOST} at once. Give a longer prefix, or use kohakuvault rm`,
  );
}

/** Does the steps in a transaction that the caller has opened. Refuses if anything has changed since. */
export function apply(file: VaultFile, table: string, steps: readonly Step[]): void {
  const vault = file.writable(table);
  for (const { key, before, value, to } of steps) {
    if (hashOf(file, table, key) !== before || (to && vault.has(to))) {
      throw new KohakuVaultError(`${showKey(key)} has changed since the change was shown; look at it again`, {
        code: 'KV_STALE',
      });
    }
    if (to) vault.rename(key, to);
    else if (value) vault.set(key, value.of as never);
    else vault.delete(key);
  }
}

/** Returns a hash of what the row of a key has; undefined if there is no such key. */
function hashOf(file: VaultFile, table: string, key: Buffer): string | undefined {
  // Of a value in parts, the row has their identity, which is new for each value.
  const stored = file.stored(table).vault.get(key);
  return stored && createHash('sha256').update(stored).digest('base64url');
}

const WRAPPERS: Readonly<Record<string, new (value: unknown) => unknown>> = {
  json: Json,
  msgpack: MsgPack,
  cbor: Cbor,
  pickle: Pickle,
};

/** Keeps the encoding that the value has had, if it can have the new one. */
function asStored(file: VaultFile, table: string, key: Buffer, found: Step, value: unknown): unknown {
  const { encoding, look } = file.stored(table);
  if (encoding.valueEncoding === undefined) throw onlyByProgram(table, encoding.name);
  const had = found.before === undefined ? undefined : look.look(key)?.encoding;
  if (encoding.name !== 'auto') return value;
  // Bytes that are a text stay bytes.
  if (had === 'bytes' && typeof value === 'string') return Buffer.from(value);
  const Wrapper = had === undefined ? undefined : WRAPPERS[had];
  if (!Wrapper) return value;
  const wrapped = new Wrapper(value);
  return canStore(wrapped) ? wrapped : value;
}

/** Whether an encoding can have a value: tried in memory. */
function canStore(wrapped: unknown): boolean {
  using scratch = new KVault(':memory:');
  try {
    scratch.set('value', wrapped);
    return true;
  } catch (error) {
    if (error instanceof InvalidArgument) return false;
    throw error;
  }
}

/** Returns what a plan shows of a value that is stored. */
export function shownBefore(file: VaultFile, table: string, key: Buffer): ShownValue | null {
  const looked = file.stored(table).look.look(key);
  if (!looked) return null;
  return { ...looked, text: textBefore(file, table, key, looked.bytes) };
}

function textBefore(file: VaultFile, table: string, key: Buffer, bytes: number): string | null {
  if (bytes > SHOWN * 10) return null;
  try {
    const stored = openStored(file, table, key);
    if (isBytes(stored)) return textOf(stored.read(stored.front, SHOWN))?.slice(0, SHOWN) ?? null;
    return shownText(decodeWhole(file, stored));
  } catch {
    // What cannot be decoded can be replaced and deleted.
    return null;
  }
}

/** Returns what a plan shows of a value that will be stored. */
export function shownAfter({ value }: Step): ShownValue | null {
  if (!value) return null;
  const plain = Object.values(WRAPPERS).some((Wrapper) => value.of instanceof Wrapper)
    ? (value.of as Json<unknown>).value
    : value.of;
  const text = Buffer.isBuffer(plain) ? (textOf(plain)?.slice(0, SHOWN) ?? null) : shownText(plain);
  return { encoding: 'new', bytes: Buffer.isBuffer(plain) ? plain.length : (text?.length ?? 0), text };
}

function shownText(value: unknown): string {
  const text = typeof value === 'string' ? value : typedJson(value, SHOWN * 10);
  return (text ?? inspect(value, { depth: 6 })).slice(0, SHOWN);
}

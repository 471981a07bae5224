import { InvalidArgument, KohakuVaultError } from '@kohakuvault/core-native/internal';
import { showKey } from '@kohakuvault/kvault/internal';
import type { Params } from '../api/params.ts';
import type { UploadResult } from '../api/types.ts';
import type { VaultFile } from '../file/vault-file.ts';
import type { StudioRequest } from '../http/exchange.ts';
import { keyOf, refOf } from '../keys/key-ref.ts';
import { readonlyError } from './plans.ts';

/** Stores the body of a request as a value, as it comes: all of it, or nothing. */
export async function upload(file: VaultFile, params: Params, request: StudioRequest): Promise<UploadResult> {
  if (file.readonly) throw readonlyError();
  const table = params.text('table');
  const key = keyOf(params.text('key'));
  const mayReplace = params.flag('overwrite');
  const { encoding, vault: stored } = file.stored(table);
  const { valueEncoding } = encoding;
  if (valueEncoding !== 'auto' && valueEncoding !== 'binary') {
    throw new InvalidArgument(
      `the values of ${table} are encoded as ${encoding.name}, not as bytes; upload into another table`,
    );
  }
  const replaced = stored.has(key);
  if (replaced && !mayReplace) {
    throw new KohakuVaultError(`${table} already has a key ${showKey(key)}; add overwrite=1 to replace its value`, {
      code: 'KV_CONFLICT',
    });
  }
  const length = request.header('content-length');
  const bytes = await file.writable(table).putFile(key, request.body, {
    signal: request.signal,
    ...(length === undefined ? {} : { size: Number(length) }),
  });
  return { key: refOf(key), bytes, replaced };
}

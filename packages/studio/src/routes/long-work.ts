import { problemOfError } from '../api/studio-error.ts';
import type { Sizes, SqlExportRequest } from '../api/types.ts';
import { lengthOf } from '../columns/statistics.ts';
import type { VaultFile } from '../file/vault-file.ts';
import { download, type StudioResponse } from '../http/exchange.ts';
import { type CountArgs, countTask } from '../keys/keys-page.ts';
import { sizesTask } from '../overview/sizes.ts';
import { TASKS, type TaskName } from '../tasks/tasks.ts';
import type { RouteContext } from './route.ts';
import type { ServedFile } from './served-file.ts';

/** Up to this length, to compute here takes less time than to ask another thread. */
const SHORT = 200_000;
/** To count the keys of a file up to this length takes some milliseconds, and so do its pages up to the other. */
const SHORT_FILE = 64 * 1024 * 1024;
const FEW_PAGES = 16 * 1024 * 1024;

/** Computes with a column: here if it is short, otherwise in another thread. */
export function columnTask(
  { file, signal }: RouteContext,
  name: 'curve' | 'summary' | 'histogram',
  args: { readonly name: string },
): unknown {
  if (lengthOf(file.vaults, args.name) > SHORT) return file.tasks.run(name, args, signal);
  const context = { file: file.vaults, post: () => {}, interruptible: () => {}, signal };
  return TASKS[name](context, args as never).next().value;
}

/** Counts keys: here if the file is short, otherwise in another thread. */
export function countOf({ file, signal }: RouteContext, args: CountArgs): unknown {
  if (bytesOf(file.vaults) > SHORT_FILE) return file.tasks.run('count', args, signal);
  return countTask({ file: file.vaults }, args).next().value;
}

function bytesOf({ database }: VaultFile): number {
  const pragma = (name: string) => Number(database.pragma(name, { simple: true }));
  return pragma('page_count') * pragma('page_size');
}

/** The sizes that were counted last, by the version of the file. */
const counted = new WeakMap<ServedFile, Sizes>();

/**
 * Counts the sizes of everything, unless the file has not changed since they were counted: here if the file is short,
 * because to start another thread takes longer, and much longer while the machine is busy.
 */
export async function sizesOf({ file, signal }: RouteContext): Promise<Sizes> {
  const version = file.vaults.version();
  const known = counted.get(file);
  if (known?.version === version) return known;
  const isShort = bytesOf(file.vaults) <= FEW_PAGES;
  const found = isShort
    ? sizesTask({ file: file.vaults, interruptible: () => {} }).next().value
    : await file.tasks.run<Sizes>('sizes', {}, signal);
  const sizes = { ...found, version };
  counted.set(file, sizes);
  return sizes;
}

/** Returns the messages of a task. An error is the last of them: the answer has begun already. */
export async function* messagesOf(
  file: ServedFile,
  name: TaskName,
  args: unknown,
  signal: AbortSignal,
): AsyncGenerator<unknown> {
  try {
    yield* file.tasks.stream<unknown, void>(name, args, signal);
  } catch (error) {
    yield { type: 'error', problem: problemOfError(error) };
  }
}

const TYPES = { csv: 'text/csv; charset=utf-8', arrow: 'application/vnd.apache.arrow.file' } as const;

/** Answers with the rows of a query as a file. What is wrong with the query is told before the file begins. */
export async function sqlDownload({ file, signal }: RouteContext, request: SqlExportRequest): Promise<StudioResponse> {
  const pieces = file.tasks.stream<Uint8Array, void>('sql export', request, signal);
  const first = await pieces.next();
  return download(`query.${request.format}`, TYPES[request.format], withFirst(first, pieces));
}

async function* withFirst(
  first: IteratorResult<Uint8Array, void>,
  others: AsyncGenerator<Uint8Array, void>,
): AsyncGenerator<Uint8Array> {
  try {
    if (first.done) return;
    yield first.value;
    yield* others;
  } finally {
    await others.return();
  }
}

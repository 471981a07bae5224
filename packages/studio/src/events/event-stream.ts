import type { StudioEvent } from '../api/types.ts';
import { response, type StudioResponse } from '../http/exchange.ts';
import type { FileWatch } from './file-watch.ts';

/** A line without meaning, after so many milliseconds, so that nothing on the way ends the connection. */
const ALIVE = 15_000;

/** Answers with the events of all files, until the client goes away. */
export function eventStream(watches: ReadonlyMap<string, FileWatch>, signal: AbortSignal): StudioResponse {
  const headers = { 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' };
  return response(200, headers, events(watches, signal));
}

async function* events(watches: ReadonlyMap<string, FileWatch>, signal: AbortSignal): AsyncGenerator<string> {
  const waiting: string[] = [];
  let wake = () => {};
  const put = (text: string) => {
    waiting.push(text);
    wake();
  };
  const stops = [...watches.values()].map((watch) => watch.listen((event) => put(message(event))));
  const alive = setInterval(() => put(': still here\n\n'), ALIVE);
  alive.unref();
  const abort = () => wake();
  signal.addEventListener('abort', abort, { once: true });
  try {
    put(`retry: 1000\n${message({ type: 'hello', files: versionsOf(watches) })}`);
    while (!signal.aborted) {
      yield* waiting.splice(0);
      if (waiting.length > 0 || signal.aborted) continue;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  } finally {
    clearInterval(alive);
    signal.removeEventListener('abort', abort);
    for (const stop of stops) stop();
  }
}

function message(event: StudioEvent): string {
  return `data: ${JSON.stringify(event)}\n\n`;
}

function versionsOf(watches: ReadonlyMap<string, FileWatch>): { file: string; version: string }[] {
  return [...watches].map(([file, watch]) => {
    try {
      return { file, version: watch.version() };
    } catch {
      return { file, version: '' };
    }
  });
}

import { createContext } from 'preact';
import { useContext, useEffect, useState } from 'preact/hooks';
import type { StudioEvent } from '../../src/api/types.ts';
import { apiAddress } from './request.ts';

/** What is known about a file from the events of the server. */
export interface Followed {
  /** Grows with each change that was seen. */
  readonly turn: number;
  readonly version: string;
  readonly changedAt: number | undefined;
  readonly gone: string | undefined;
  readonly problem: string | undefined;
}

export interface Live {
  readonly connected: boolean;
  readonly files: ReadonlyMap<string, Followed>;
}

const UNKNOWN: Followed = { turn: 0, version: '', changedAt: undefined, gone: undefined, problem: undefined };

export const LiveContext = createContext<Live>({ connected: false, files: new Map() });

/** Follows the events of the server. The browser connects again when the connection breaks. */
export function useEvents(): Live {
  const [live, setLive] = useState<Live>({ connected: false, files: new Map() });
  useEffect(() => {
    const source = new EventSource(apiAddress('events'));
    source.onmessage = ({ data }) => {
      const event = JSON.parse(data as string) as StudioEvent;
      setLive((old) => ({ connected: true, files: followed(old.files, event) }));
    };
    source.onerror = () => setLive((old) => ({ ...old, connected: false }));
    return () => source.close();
  }, []);
  return live;
}

function followed(files: ReadonlyMap<string, Followed>, event: StudioEvent): ReadonlyMap<string, Followed> {
  const next = new Map(files);
  const known = (file: string) => next.get(file) ?? UNKNOWN;
  switch (event.type) {
    case 'hello':
      for (const { file, version } of event.files) {
        const old = known(file);
        // After a broken connection, changes may have been missed.
        const missed = old.version !== '' && old.version !== version;
        next.set(file, { ...old, version, turn: old.turn + (missed ? 1 : 0) });
      }
      break;
    case 'changed': {
      const old = known(event.file);
      next.set(event.file, { ...UNKNOWN, turn: old.turn + 1, version: event.version, changedAt: event.at });
      break;
    }
    case 'gone':
      next.set(event.file, { ...known(event.file), gone: event.message });
      break;
    case 'problem':
      next.set(event.file, { ...known(event.file), problem: event.problem.message });
      break;
  }
  return next;
}

export function useFollowed(file: string): Followed {
  return useContext(LiveContext).files.get(file) ?? UNKNOWN;
}

/** The turn of a file, or of several together, at most once in so many milliseconds: for what costs more than a glance to read again. */
export function useTurn(file: string | readonly string[], milliseconds = 250): number {
  const { files } = useContext(LiveContext);
  const turn = [file].flat().reduce((sum, each) => sum + (files.get(each)?.turn ?? 0), 0);
  const [seen, setSeen] = useState({ turn, at: 0 });
  useEffect(() => {
    if (turn === seen.turn) return;
    const wait = Math.max(0, seen.at + milliseconds - performance.now());
    const timer = setTimeout(() => setSeen({ turn, at: performance.now() }), wait);
    return () => clearTimeout(timer);
  }, [turn, seen, milliseconds]);
  return seen.turn;
}

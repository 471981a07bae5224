import { useEffect, useState } from 'preact/hooks';
import type { VectorMapMessage } from '../../src/api/types.ts';
import { apiAddress, getLines } from '../client/request.ts';
import { decodePoints, groupsOf, type MapPoints } from './map-points.ts';

export interface MapState {
  readonly points: MapPoints | undefined;
  readonly color: string | undefined;
  readonly stage: string | undefined;
  readonly explained: number | undefined;
  readonly error: unknown;
}

const NOTHING: MapState = {
  points: undefined,
  color: undefined,
  stage: undefined,
  explained: undefined,
  error: undefined,
};

/** Reads the map of a table as the server finds it, and stops the server when it is no longer looked at. */
export function useMap(
  file: string,
  question: { table: string; method: 'pca' | 'neighbors'; color: string | undefined },
  again: number,
): MapState {
  const [state, setState] = useState<MapState>({ ...NOTHING, stage: 'Reading' });
  const key = JSON.stringify([file, question]);
  useEffect(() => {
    const controller = new AbortController();
    setState((old) => ({ ...old, stage: 'Reading', error: undefined }));
    read(apiAddress('vectorMap', file, question), controller.signal, setState).catch((error) => {
      if (!controller.signal.aborted) setState({ ...NOTHING, error });
    });
    return () => controller.abort();
  }, [key, again]);
  return state;
}

const STAGES = { read: 'Reading the vectors', pca: 'Finding the main axes', neighbors: 'Bringing neighbors together' };

async function read(
  address: string,
  signal: AbortSignal,
  setState: (change: (old: MapState) => MapState) => void,
): Promise<void> {
  let rows: Extract<VectorMapMessage, { type: 'rows' }> | undefined;
  let groups: MapPoints['groups'] = [];
  for await (const message of getLines<VectorMapMessage>(address, signal)) {
    switch (message.type) {
      case 'progress': {
        const part = message.total > 0 ? ` ${Math.round((message.done / message.total) * 100)} %` : '';
        setState((old) => ({ ...old, stage: `${STAGES[message.stage]}${part}` }));
        break;
      }
      case 'rows':
        rows = message;
        groups = groupsOf(message);
        break;
      case 'points': {
        if (!rows) break;
        const { ids, total, color } = rows;
        const points = { ids, total, groups, places: decodePoints(message.points) };
        setState((old) => ({
          ...old,
          points,
          color: color?.field,
          stage: message.final ? undefined : old.stage,
          explained: message.explained ?? old.explained,
        }));
        break;
      }
      case 'error':
        throw new Error(message.problem.message);
    }
  }
  setState((old) => ({ ...old, stage: undefined }));
}

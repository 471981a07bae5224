import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Overview, StudioFile, StudioInfo } from '../../src/api/types.ts';

/** What every view knows: the Studio, the file, and what is in it. */
export interface Here {
  readonly studio: StudioInfo;
  readonly file: StudioFile;
  readonly overview: Overview;
  readonly canWrite: boolean;
}

export const HereContext = createContext<Here | undefined>(undefined);

export function useHere(): Here {
  const here = useContext(HereContext);
  if (!here) throw new Error('A view was drawn outside of a file.');
  return here;
}

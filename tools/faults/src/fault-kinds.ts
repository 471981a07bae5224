import { constants } from 'node:os';
import { type Fault, KINDS } from './control.ts';

const { EIO, ENOSPC } = constants.errno;

/** The faults of a disk, by name. */
export const FAULTS = {
  'input/output error': { kinds: KINDS, errno: EIO, half: false },
  'full disk': { kinds: ['write', 'open', 'map', 'resize'], errno: ENOSPC, half: false },
  'short write': { kinds: ['write'], errno: ENOSPC, half: true },
} satisfies Record<string, Omit<Fault, 'at' | 'lasting'>>;

export type FaultName = keyof typeof FAULTS;

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type NativeBinding, nativeCore } from '@kohakuvault/core-native/internal';
import type { Context } from '../../suite.ts';

/** The calls that only a core with the feature `probe` has; each returns the number it gets. */
export interface ProbeBinding extends NativeBinding {
  probeHot(value: number): number;
  probeGenerated(value: number): number;
  Probe: new () => { method(value: number): number };
}

const root = join(import.meta.dirname, '../../../../..');
const file = join(root, 'packages/core-native/generated/probe.node');

export function loadProbe({ unavailable }: Context): ProbeBinding {
  if (!existsSync(file)) unavailable('there is no probe; `pnpm bench` builds it');
  process.env.KOHAKUVAULT_NATIVE = file;
  return nativeCore().binding as ProbeBinding;
}

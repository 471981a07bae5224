import { readFileSync } from 'node:fs';
import type { Context } from './suite.ts';

/** Returns how much anonymous memory the process has; mapped files belong to the kernel. Only Linux tells. */
export function anonymousMemory({ unavailable }: Context): number {
  if (process.platform !== 'linux') unavailable('only Linux tells anonymous memory apart');
  const found = /^RssAnon:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'));
  return Number(found?.[1]) * 1024;
}

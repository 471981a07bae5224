import { checkOptions } from '@kohakuvault/core-native/internal';
import { ttlRule } from './expiry/expiry-options.ts';

/** How a sublevel differs from its vault. */
export interface SubOptions {
  /** After how many milliseconds an entry expires by default. Default: that of the vault. */
  ttl?: number | undefined;
}

export function checkSubOptions(options: SubOptions | undefined): void {
  checkOptions('sub', options, { ttl: ttlRule });
}

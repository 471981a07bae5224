import { wholeNumber } from '../command/arguments.ts';

export const BUSY_OPTION = {
  'busy-timeout': {
    type: 'string',
    value: 'ms',
    about: 'time to wait while another process writes; default 5000',
  },
} as const;

export function busyTimeout(options: { readonly 'busy-timeout': string | undefined }): number | undefined {
  return wholeNumber('busy-timeout', options['busy-timeout'], 0);
}

import { describe, InvalidArgument } from '@kohakuvault/core-native/internal';
import { codecOf, type ValueCodec } from '@kohakuvault/packer/value';

/** Returns the codec of the jobs of a queue: that of the values of a vault. */
export function queueCodec(name: string): ValueCodec<undefined> {
  const what = `a job of the queue ${describe(name)}`;
  const names = { given: () => what, stored: () => what };
  return codecOf('queue', names, { autoPack: true, headers: true, valueEncoding: 'auto' }, noStructures);
}

/** The encoding 'auto' has none. */
function noStructures(): never {
  throw new InvalidArgument('jobs have no structures');
}

import { describe, InvalidArgument, rules } from '@kohakuvault/core-native/internal';
import { type ValueEncoding, valueEncodingRule } from '@kohakuvault/packer/value';
import { chunkSizeRule } from './streams/options.ts';

/** The rules of the options that say how entries are encoded and read, wherever they are stored. */
export const VALUE_RULES = {
  autoPack: rules.boolean,
  headers: rules.boolean,
  valueEncoding: valueEncodingRule,
  keyEncoding: rules.oneOf('utf8', 'bytes'),
  chunkSize: chunkSizeRule,
};

/** Refuses options of the encoding 'auto' beside another encoding. */
export function checkAutoOptions(
  owner: string,
  options: { autoPack?: boolean | undefined; headers?: boolean | undefined; valueEncoding?: ValueEncoding | undefined },
): void {
  const { valueEncoding = 'auto' } = options;
  for (const name of ['autoPack', 'headers'] as const) {
    if (options[name] === undefined || valueEncoding === 'auto') continue;
    throw new InvalidArgument(
      `${owner}: ${name} is ${options[name]}, which belongs to valueEncoding 'auto'; leave it out for ` +
        (typeof valueEncoding === 'string' ? describe(valueEncoding) : 'a codec of your own'),
    );
  }
}

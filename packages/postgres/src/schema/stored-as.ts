const STORED = Symbol.for('kohakuvault.stored values');

/**
 * The option of those who copy tables: values are read and written as they are stored, whatever their encoding is. Values
 * with structures are decoded too, since the structures are others elsewhere.
 */
export function storedAs(encoding: string): object {
  const hasStructures = encoding === 'msgpack' || encoding === 'cbor';
  return { ...(hasStructures ? { valueEncoding: encoding } : { autoPack: false }), [STORED]: encoding };
}

/** Returns the name of the encoding of the table, for those who copy it. */
export function storedEncodingOf(options: object | undefined): string | undefined {
  return (options as { [STORED]?: string } | undefined)?.[STORED];
}

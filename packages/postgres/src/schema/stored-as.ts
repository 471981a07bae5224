const STORED = Symbol.for('kohakuvault.stored values');

/** The option of those who copy tables: values are read and written as they are stored, whatever their encoding is. */
export function storedAs(encoding: string): object {
  return { autoPack: false, [STORED]: encoding };
}

/** Returns the name of the encoding of the table, for those who copy it. */
export function storedEncodingOf(options: object | undefined): string | undefined {
  return (options as { [STORED]?: string } | undefined)?.[STORED];
}

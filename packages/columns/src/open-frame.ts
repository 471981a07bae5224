import { InvalidArgument, NotFound } from '@kohakuvault/core-native/internal';
import type { DType } from '@kohakuvault/packer';
import type { Column } from './column.ts';
import { Frame, type FrameHost } from './frame.ts';
import { checkFrameName, checkSchema, columnName, namesOf, unequal } from './frame-rules.ts';
import type { FrameColumns, FrameSchema } from './frame-types.ts';

/** The columns of a vault, among which those of frames are. */
export interface FrameVault extends FrameHost {
  names(): string[];
  column(name: string, dtype?: DType): Column;
  createColumn(name: string, dtype: DType): Column;
}

/** Opens a frame that exists, or creates it with the columns of the schema. */
export function openFrame<S extends FrameSchema>(vault: FrameVault, name: string, schema: S | undefined): Frame<S> {
  checkFrameName(name);
  if (schema === undefined) {
    return vault.consistently(() => {
      const names = namesOf(name, vault.names());
      if (names.length === 0) {
        throw new NotFound(`there is no frame ${JSON.stringify(name)}; give its columns to create it`);
      }
      return made(vault, name, names, (column) => vault.column(column)) as unknown as Frame<S>;
    });
  }
  const names = checkSchema(schema);
  const isThere = () => {
    const present = namesOf(name, vault.names());
    const more = present.find((column) => !names.includes(column));
    if (more === undefined) return names.every((column) => present.includes(column));
    throw new InvalidArgument(
      `frame ${JSON.stringify(name)} also has the column ${JSON.stringify(more)}; expected ${names.join(', ')}; leave out ` +
        'the columns to open it as it is',
    );
  };
  const open = () => made(vault, name, names, (column, own) => vault.column(column, schema[own] as DType));
  if (vault.consistently(isThere)) return vault.consistently(open) as unknown as Frame<S>;
  return vault.transaction(() => {
    isThere();
    const present = namesOf(name, vault.names());
    for (const own of names)
      if (!present.includes(own)) vault.createColumn(columnName(name, own), schema[own] as DType);
    return open();
  }) as unknown as Frame<S>;
}

function made(
  vault: FrameVault,
  frame: string,
  names: readonly string[],
  open: (column: string, own: string) => Column,
): Frame {
  const columns = names.map((own) => open(columnName(frame, own), own));
  const { length } = columns[0] as Column;
  if (columns.some((column) => column.length !== length)) throw unequal(frame, names, columns);
  const byName = Object.fromEntries(names.map((own, nth) => [own, columns[nth]]));
  return new Frame(vault, frame, byName as unknown as FrameColumns<FrameSchema>);
}

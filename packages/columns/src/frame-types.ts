import type { BlockOf, DType, ElementOf, Elements, InputOf } from '@kohakuvault/packer';
import type { ArrowElements } from './arrow/arrow-types.ts';
import type { Column } from './column.ts';
import type { ValueRange } from './statistics/value-range.ts';

/** The names and dtypes of a frame's columns. */
export type FrameSchema = Readonly<Record<string, DType>>;

/** One row as it is read. */
export type FrameRow<S extends FrameSchema> = { -readonly [K in keyof S]: ElementOf<S[K]> };

/** One row as it is added. */
export type FrameInput<S extends FrameSchema> = { readonly [K in keyof S]: InputOf<S[K]> };

/** Many rows as they are added, column by column. All of them have one length. */
export type FrameBlocksInput<S extends FrameSchema> = { readonly [K in keyof S]: Elements<S[K]> | ArrowElements };

/** Many rows as they are read, column by column. */
export type FrameBlocks<S extends FrameSchema> = { -readonly [K in keyof S]: BlockOf<S[K]> };

/** The columns of a frame. */
export type FrameColumns<S extends FrameSchema> = { readonly [K in keyof S]: Column<S[K]> };

/** What the elements of some columns must be: in a range of numbers, or such that a function returns true. */
export type FrameConditions<S extends FrameSchema> = {
  readonly [K in keyof S]?: ValueRange | ((value: ElementOf<S[K]>) => boolean) | undefined;
};

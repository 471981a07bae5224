/** A column, as an overview knows it. */
export interface ListedColumn {
  readonly name: string;
  readonly dtype: string;
  readonly length: number | null;
  readonly layout: 'col' | 'kvault_col';
  readonly isCompressed: boolean;
}

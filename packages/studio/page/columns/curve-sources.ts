import type { StudioFile } from '../../src/api/types.ts';

/** Where a curve comes from: a column of this file, or the column of the same name of another one. */
export interface CurveSource {
  readonly file: StudioFile;
  readonly name: string;
  readonly label: string;
  /** Another file may lack the column. */
  readonly isOther: boolean;
}

/** Returns the sources of the curves: of each column, this file's and then those of the others. */
export function curveSources(file: StudioFile, others: readonly StudioFile[], names: readonly string[]): CurveSource[] {
  return names.flatMap((name) =>
    [file, ...others].map((each) => ({
      file: each,
      name,
      label: others.length > 0 ? `${name} of ${each.name}` : name,
      isOther: each !== file,
    })),
  );
}

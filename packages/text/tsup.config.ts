import { library } from '../../tsup.base.ts';

// Without splitting, the main entry stays one file: a start resolves and loads no other.
export default library(
  { index: 'src/index.ts', inspect: 'src/inspect/index.ts', internal: 'src/internal.ts' },
  { splitting: false },
);

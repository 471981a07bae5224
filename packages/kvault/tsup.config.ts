import { library } from '../../tsup.base.ts';

// Without splitting, the main entry stays one file: a start resolves and loads no other. The thread that copies long
// values is a program of its own.
export default library(
  {
    index: 'src/index.ts',
    inspect: 'src/inspect/index.ts',
    internal: 'src/internal.ts',
    'copy-worker': 'src/streams/worker/copy-worker.ts',
  },
  { splitting: false },
);

import { library } from '../../tsup.base.ts';

// The thread that copies long values is a program of its own. It shares no file with the library, which each start would have
// to resolve and load as well.
export default library(
  { index: 'src/index.ts', 'copy-worker': 'src/streams/worker/copy-worker.ts' },
  { splitting: false },
);

import { library } from '../../tsup.base.ts';

// The thread that copies long values is a program of its own.
export default library({ index: 'src/index.ts', 'copy-worker': 'src/streams/copy-worker.ts' });

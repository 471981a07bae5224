import { library } from '../../tsup.base.ts';

// The program of the worker threads is a file of its own beside the library.
export default library({ index: 'src/index.ts', 'worker-program': 'src/harness/worker-program.ts' });

import { library } from '../../tsup.base.ts';

// The thread that does the long work is a program of its own. It and the server are loaded by no start of a vault.
export default library(
  { index: 'src/index.ts', mcp: 'src/mcp/index.ts', 'task-worker': 'src/tasks/task-worker.ts' },
  { splitting: false },
);

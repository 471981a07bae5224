import { library } from '../../tsup.base.ts';

export default library({
  index: 'src/index.ts',
  packer: 'src/packer.ts',
  kvault: 'src/kvault.ts',
  columns: 'src/columns.ts',
  vector: 'src/vector.ts',
  text: 'src/text.ts',
  ordered: 'src/ordered.ts',
  async: 'src/async/index.ts',
  'copy-worker': 'src/copy-worker.ts',
  'async-worker': 'src/async/async-worker.ts',
  cli: 'src/cli/main.ts',
});

import { library } from '../../tsup.base.ts';

export default library({
  index: 'src/index.ts',
  packer: 'src/packer.ts',
  kvault: 'src/kvault.ts',
  ordered: 'src/ordered.ts',
  cli: 'src/cli/main.ts',
});

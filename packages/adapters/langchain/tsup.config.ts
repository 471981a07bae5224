import { library } from '../../../tsup.base.ts';

export default library({ index: 'src/index.ts', checkpoint: 'src/checkpoint/index.ts' });

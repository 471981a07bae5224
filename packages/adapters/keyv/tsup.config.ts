import { library } from '../../../tsup.base.ts';

export default library({ index: 'src/index.ts', v5: 'src/v5.ts' });

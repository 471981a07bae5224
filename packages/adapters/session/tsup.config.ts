import { library } from '../../../tsup.base.ts';

export default library({ index: 'src/index.ts', fastify: 'src/fastify.ts' });

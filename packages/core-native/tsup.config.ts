import { library } from '../../tsup.base.ts';

export default library({
  index: 'ts/index.ts',
  database: 'ts/database.ts',
  internal: 'ts/internal.ts',
  'internal-database': 'ts/internal-database.ts',
});

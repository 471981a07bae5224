// process.ts FILE WAY: searches the documents of a database on a free port of the loopback address, until SIGTERM.
import { serve } from '../common/serve.ts';
import { searchServer, type Way } from './app.ts';

const [file = '', way = ''] = process.argv.slice(2);
await serve(searchServer(file, way as Way), file);

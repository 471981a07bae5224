// process.ts FILE: serves the files of a database on a free port of the loopback address, until SIGTERM.
import { serve } from '../common/serve.ts';
import { mediaServer } from './app.ts';

const [file = ''] = process.argv.slice(2);
await serve(mediaServer(file), file);

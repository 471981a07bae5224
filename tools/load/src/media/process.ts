// process.ts FILE [MS]: serves the files of a database on a free port of the loopback address, until SIGTERM. Sockets
// without traffic end after so many milliseconds.
import { serve } from '../common/serve.ts';
import { mediaServer } from './app.ts';

const [file = '', idleMs] = process.argv.slice(2);
await serve(mediaServer(file, idleMs === undefined ? undefined : Number(idleMs)), file);

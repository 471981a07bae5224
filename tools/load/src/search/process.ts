// process.ts FILE WAY: searches the documents of a database on a free port of the loopback address, until SIGTERM.
import type { AddressInfo } from 'node:net';
import { answerQuestions, leaveParent } from '../common/health.ts';
import { searchServer, type Way } from './app.ts';

const [file = '', way = ''] = process.argv.slice(2);
const app = searchServer(file, way as Way);
await app.listen({ host: '127.0.0.1', port: 0 });
answerQuestions(file);
process.once('SIGTERM', async () => {
  await app.close();
  leaveParent();
});
process.send?.({ port: (app.server.address() as AddressInfo).port });

import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { answerQuestions, leaveParent } from './health.ts';

/** Serves an app on a free port of the loopback address until SIGTERM, and tells the parent the port. */
export async function serve(app: FastifyInstance, file: string): Promise<void> {
  await app.listen({ host: '127.0.0.1', port: 0 });
  answerQuestions(file);
  process.once('SIGTERM', async () => {
    await app.close();
    leaveParent();
  });
  process.send?.({ port: (app.server.address() as AddressInfo).port });
}

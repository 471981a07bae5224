import { Agent, request } from 'node:http';
import type { Readable } from 'node:stream';

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  /** The number of bytes of the body. */
  length: number;
  /** The body, unless `onData` took it. */
  body: Buffer;
}

export interface Request {
  method?: 'GET' | 'PUT';
  headers?: Record<string, string | number>;
  body?: Uint8Array | Readable;
  onData?: (chunk: Buffer) => void;
}

const agent = new Agent({ keepAlive: true });

/** Sends a request to a server on this machine. Rejects if the connection ends before the answer does. */
export function send(port: number, path: string, { method = 'GET', headers, body, onData }: Request = {}) {
  return new Promise<Answer>((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path, method, agent, ...(headers && { headers }) };
    const asked = request(options, (response) => {
      const chunks: Buffer[] = [];
      let length = 0;
      response.on('data', (chunk: Buffer) => {
        length += chunk.length;
        if (onData) onData(chunk);
        else chunks.push(chunk);
      });
      response.on('error', reject);
      response.on('end', () => {
        const { statusCode: status = 0, headers } = response;
        resolve({ status, headers, length, body: Buffer.concat(chunks) });
      });
    });
    asked.on('error', reject);
    if (body instanceof Uint8Array || body === undefined) asked.end(body);
    else body.on('error', reject).pipe(asked);
  });
}

/** Closes the connections that are kept open. */
export function closeConnections(): void {
  agent.destroy();
}

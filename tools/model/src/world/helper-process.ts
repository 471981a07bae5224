// The other process: reads requests from one pipe and writes answers to another. See helper.ts.
import { openSync } from 'node:fs';
import { KohakuVaultError } from '@kohakuvault/core-native';
import { receive, send } from './helper.ts';
import type { Answer, Request } from './helper-requests.ts';
import { Vaults } from './requests.ts';

const requests = openSync(process.argv[2] as string, 'r');
const answers = openSync(process.argv[3] as string, 'w');
let vaults: Vaults | undefined;

for (let request = receive(requests); request !== undefined; request = receive(requests)) {
  send(answers, answerTo(request as Request));
}

function answerTo(request: Request): Answer {
  try {
    return { result: run(request) };
  } catch (error) {
    const isOurs = error instanceof KohakuVaultError;
    return { error: isOurs ? `${error.code} ${error.message}` : `raw ${(error as Error).stack}` };
  }
}

function run(request: Request): unknown {
  switch (request.op) {
    case 'open':
      vaults?.close();
      vaults = new Vaults(request.path);
      return;
    case 'close':
      vaults?.close();
      vaults = undefined;
      return;
    case 'read': {
      if (!request.fresh && vaults) return vaults.content;
      const fresh = new Vaults(request.path, { readonly: true });
      try {
        return fresh.content;
      } finally {
        fresh.close();
      }
    }
    default:
      return vaults?.run(request);
  }
}

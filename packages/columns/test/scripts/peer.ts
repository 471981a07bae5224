// peer.ts FILE: another process or thread with a vault on the file. It runs commands and answers each of them.
import { parentPort } from 'node:worker_threads';
import { ColumnVault } from '@kohakuvault/columns';

export type Order =
  /** So many elements, each by an append of its own. */
  | { do: 'append'; name: string; count: number }
  /** So many appends to `numbers` and `texts` together, with some of everything else between. */
  | { do: 'pairs'; count: number };

const vault = new ColumnVault(process.argv[2] ?? '');

function tell(message: string): void {
  if (parentPort) parentPort.postMessage(message);
  else process.send?.(message);
}

function carryOut(order: Order): void {
  if (order.do === 'append') append(order);
  else pairs(order);
  tell('done');
}

/** Makes an element that says who wrote it, and its number. */
function append({ name, count }: Order & { do: 'append' }): void {
  const [numbers, texts] = [vault.column('numbers', 'i64'), vault.column('texts', 'str:utf8')];
  for (let index = 0; index < count; index++) {
    numbers.append(name === 'left' ? index : -1 - index);
    texts.append(`${name} ${index}`);
  }
}

function pairs({ count }: Order & { do: 'pairs' }): void {
  const [numbers, texts] = [vault.column('numbers', 'i64'), vault.column('texts', 'str:utf8')];
  for (let turn = 1; turn <= count; turn++) {
    vault.transaction(() => {
      numbers.append(turn);
      texts.append(`text ${turn}`);
      if (turn % 5 === 0) {
        numbers.insert(0, -turn);
        texts.insert(0, `text ${-turn}`);
      }
      if (turn % 7 === 0) {
        numbers.removeRange(1, 4);
        texts.removeRange(1, 4);
      }
      if (turn % 11 === 0) {
        numbers.set(2, turn * 1_000);
        texts.set(2, `text ${turn * 1_000}`);
      }
    });
  }
}

if (parentPort) parentPort.on('message', carryOut);
else process.on('message', carryOut);

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** What another process can be asked to do on the same file. */
export type Task = 'nothing' | 'commit to the vectors' | 'commit to another table' | 'begin to set' | 'end to set';

/** Starts another process on a file. The returned function asks it for something, and returns its answer. */
export function otherProcess(file: string): (task: Task) => Promise<number> {
  const child = fork(join(import.meta.dirname, 'other-process.ts'), [file]);
  return async (task) => {
    child.send(task);
    const [answer] = (await once(child, 'message')) as [number];
    return answer;
  };
}

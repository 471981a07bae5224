import { columnInspector } from '@kohakuvault/columns/inspect';
import { checkIntegrity, type Findings } from '@kohakuvault/core-native/internal/database';
import { keyValueInspector } from '@kohakuvault/kvault/inspect';
import { textInspector } from '@kohakuvault/text/inspect';
import { vectorInspector } from '@kohakuvault/vector/inspect';
import type { VerifyMessage } from '../api/types.ts';
import type { TaskContext } from '../work/task.ts';

/** Progress is sent after so many milliseconds. */
const EVERY = 100;

/** Looks for damage, as `kohakuvault verify` does. Everything is of one state of the file. */
export async function* verifyTask({ file, post }: TaskContext): AsyncGenerator<VerifyMessage, void> {
  const began = performance.now();
  const { connection, database } = file;
  // `snapshot` takes no promise. The connection of a thread is this task's alone; a user's may be in use meanwhile.
  const isOwn = connection.readonly && connection.shared.owned && !database.inTransaction;
  if (isOwn) connection.read(() => database.exec('BEGIN'));
  try {
    let sound = true;
    yield progressOf('file', 0);
    const first = checkIntegrity(database);
    yield findingOf(first);
    // If SQLite finds damage, what the file says about its contents cannot be trusted.
    if (!first.isSound) {
      yield { type: 'end', sound: false, ms: performance.now() - began };
      return;
    }
    const steps = { kv: keyValueInspector, columns: columnInspector, vectors: vectorInspector, texts: textInspector };
    for (const [what, inspector] of Object.entries(steps)) {
      let last = performance.now();
      const progress = (done: number) => {
        if (performance.now() - last < EVERY) return;
        last = performance.now();
        post(progressOf(what, done));
      };
      for await (const findings of inspector.verify(connection, progress)) {
        sound &&= findings.isSound;
        yield findingOf(findings);
      }
    }
    yield { type: 'end', sound, ms: performance.now() - began };
  } finally {
    if (isOwn && database.inTransaction) database.exec('ROLLBACK');
  }
}

function progressOf(what: string, done: number): VerifyMessage {
  return { type: 'progress', what, done, total: null };
}

function findingOf({ what, checked, isSound, problems, more, notes }: Findings): VerifyMessage {
  return { type: 'finding', what, checked, sound: isSound, problems: [...problems], more, notes: [...notes] };
}

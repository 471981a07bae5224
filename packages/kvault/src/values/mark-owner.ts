const { readlinkSync } = process.getBuiltinModule('node:fs');

/** Who writes or removes parts, and when it last did. */
export interface MarkOwner {
  /** The machine and, on Linux, its space of process numbers: a container has its own. */
  readonly host: string;
  readonly pid: number;
  readonly thread: number;
  /** Milliseconds since 1970. */
  readonly beat: number;
}

/** So long an owner may be silent that cannot be looked up. Work of ours never waits for a source. */
const SILENCE = 10 * 60_000;

/** The work that is running in this thread, by ids as hex. All copies of this module share it: Node may load several. */
const SHARED: unique symbol = Symbol.for('kohakuvault.running parts') as never;
const shared = globalThis as { [SHARED]?: Set<string> };
shared[SHARED] ??= new Set();
const running = shared[SHARED];
let host: string | undefined;

export function noteRunning(id: Buffer): void {
  running.add(id.toString('hex'));
}

export function noteEnded(id: Buffer): void {
  running.delete(id.toString('hex'));
}

/** Returns this thread as an owner, as of now. */
export function thisOwner(): MarkOwner {
  const { threadId } = process.getBuiltinModule('node:worker_threads');
  return { host: thisHost(), pid: process.pid, thread: threadId, beat: Date.now() };
}

/** Returns whether the owner of work has ended without finishing it. */
export function isDead(id: Buffer, owner: MarkOwner): boolean {
  const silent = Date.now() - owner.beat > SILENCE;
  if (silent || owner.host !== thisHost()) return silent;
  if (owner.pid !== process.pid) return !isRunning(owner.pid);
  const { threadId } = process.getBuiltinModule('node:worker_threads');
  return owner.thread === threadId && !running.has(id.toString('hex'));
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM means that it runs, for another user.
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

function thisHost(): string {
  host ??= `${process.getBuiltinModule('node:os').hostname()} ${pidSpace()}`;
  return host;
}

function pidSpace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}

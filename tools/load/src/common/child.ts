import { type ChildProcess, fork } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { CONDITIONS } from '../../../tasks/built.ts';
import type { Health, Question } from './health.ts';

/** A process of one of the programs. What it sends is an object with one entry: the name of the message. */
export class Child {
  readonly #process: ChildProcess;
  readonly #messages = new EventEmitter();
  /** Messages that came before anybody asked for their name: several may come in one turn of the event loop. */
  readonly #kept = new Map<string, unknown[]>();
  readonly #ended: Promise<{ status: number | null; signal: string | null; errors: string }>;

  constructor(program: string, args: readonly string[]) {
    // The table of the processes has the length of the WAL. Anything else on stderr is an error.
    const execArgv = [...CONDITIONS, '--disable-warning=KV_WAL_LARGE'];
    this.#process = fork(program, args, { execArgv, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    let errors = '';
    this.#process.stderr?.on('data', (chunk) => {
      errors += chunk;
    });
    this.#process.on('message', (message: object) => {
      for (const [name, content] of Object.entries(message)) {
        if (this.#messages.emit(name, content)) continue;
        const kept = this.#kept.get(name);
        if (kept) kept.push(content);
        else this.#kept.set(name, [content]);
      }
    });
    this.#ended = once(this.#process, 'close').then(([status, signal]) => ({ status, signal, errors }));
    process.once('exit', this.#abandon);
    void this.#ended.then(() => process.off('exit', this.#abandon));
  }

  readonly #abandon = () => void this.#process.kill('SIGKILL');

  /** Returns the content of the next message of a name. Throws if the process ends first. */
  async next<T>(name: string): Promise<T> {
    const kept = this.#kept.get(name);
    if (kept && kept.length > 0) return kept.shift() as T;
    const found = once(this.#messages, name).then(([content]) => ({ content: content as T }));
    const end = this.#ended.then(({ status, signal, errors }) => {
      throw new Error(`the process ended before it sent "${name}" (${signal ?? `status ${status}`}):\n${errors}`);
    });
    return (await Promise.race([found, end])).content;
  }

  /** Calls `hear` with the content of each message of a name. */
  hear<T>(name: string, hear: (content: T) => void): void {
    for (const content of this.#kept.get(name) ?? []) hear(content as T);
    this.#kept.delete(name);
    this.#messages.on(name, hear);
  }

  reset(): void {
    this.#ask('reset');
  }

  health(): Promise<Health> {
    const health = this.next<Health>('health');
    this.#ask('health');
    return health;
  }

  /** Ends the process by SIGTERM, as a process manager does. Throws if it does not end well. */
  async stop(): Promise<void> {
    // Windows has no SIGTERM that a process could handle.
    if (process.platform === 'win32') this.#ask('stop');
    else this.#process.kill('SIGTERM');
    const { status, signal, errors } = await this.#ended;
    if (status !== 0 || errors !== '') {
      throw new Error(`the process did not stop well (${signal ?? `status ${status}`}):\n${errors}`);
    }
  }

  /** Kills the process by SIGKILL. */
  async kill(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.#ended;
  }

  #ask(question: Question): void {
    this.#process.send(question);
  }
}

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { CONDITIONS } from '../../tasks/built.ts';

/** A process that writes transactions. */
export class Writer {
  readonly #file: string;
  readonly #number: number;
  readonly #checkpointing: string;
  readonly #busyTimeout: number;
  #child: ChildProcess | undefined;
  /** How many transactions the writer has acknowledged. */
  acknowledged = 0;
  #heard: (line: string) => void = () => {};

  constructor(file: string, number: number, checkpointing: string, busyTimeout = 60_000) {
    this.#file = file;
    this.#number = number;
    this.#checkpointing = checkpointing;
    this.#busyTimeout = busyTimeout;
  }

  async start(): Promise<void> {
    const program = join(import.meta.dirname, 'writer-process.ts');
    const given = [this.#file, String(this.#number), this.#checkpointing, String(this.#busyTimeout)];
    const child = spawn(process.execPath, [...CONDITIONS, program, ...given], { stdio: ['pipe', 'pipe', 'inherit'] });
    child.stdin.on('error', () => {});
    createInterface(child.stdout).on('line', (line) => {
      if (/^\d+$/.test(line)) this.acknowledged = Number(line);
      this.#heard(line);
    });
    this.#child = child;
    await this.#until((line) => line === 'open');
  }

  go(): void {
    this.#child?.stdin?.write('go\n');
  }

  async pause(): Promise<void> {
    this.#child?.stdin?.write('pause\n');
    await this.#until((line) => line === 'paused');
  }

  /** Waits until it has acknowledged so many further transactions. */
  async writes(count: number): Promise<void> {
    const wanted = this.acknowledged + count;
    await this.#until(() => this.acknowledged >= wanted);
  }

  /** Waits until a transaction fails. Returns the code of its error, and what it says. */
  async fails(): Promise<string> {
    return (await this.#until((line) => line.startsWith('failed '))).slice('failed '.length);
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'close');
    child.kill('SIGKILL');
    await ended;
  }

  #until(isIt: (line: string) => boolean): Promise<string> {
    return new Promise((resolve, reject) => {
      const child = this.#child as ChildProcess;
      const ended = () => reject(new Error(`writer ${this.#number} ended`));
      child.once('exit', ended);
      this.#heard = (line) => {
        const isWanted = isIt(line);
        if (!isWanted && !line.startsWith('failed ')) return;
        this.#heard = () => {};
        child.off('exit', ended);
        if (isWanted) resolve(line);
        else reject(new Error(`writer ${this.#number} ${line}`));
      };
    });
  }
}

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CheckReport, CheckRequest } from './checking-process.ts';
import { CONTROL_BYTES } from './control.ts';
import type { Mark, Point, PointReport, TraceRequest } from './faulty-process.ts';
import { HelperProcess } from './helper-process.ts';
import { compileShim } from './shim.ts';

/** A folder for the files, the process under the shim, and the process that checks what it leaves. */
export class Workplace implements Disposable {
  /** The folder whose files the shim watches. */
  readonly files: string;
  readonly trace: string;
  readonly faulty: HelperProcess<Point | TraceRequest, PointReport | Mark[]>;
  readonly checking = new HelperProcess<CheckRequest, CheckReport>('checking-process.ts');
  readonly #folder = mkdtempSync(join(tmpdir(), 'kohakuvault-faults-'));
  readonly #remove = () => rmSync(this.#folder, { recursive: true, force: true });

  constructor() {
    process.once('exit', this.#remove);
    this.files = join(this.#folder, 'files');
    this.trace = join(this.#folder, 'trace');
    mkdirSync(this.files);
    const control = join(this.#folder, 'control');
    writeFileSync(control, Buffer.alloc(CONTROL_BYTES));
    writeFileSync(this.trace, '');
    this.faulty = new HelperProcess('faulty-process.ts', [control, this.files], {
      LD_PRELOAD: compileShim(this.#folder),
      FAULTS_CONTROL: control,
      FAULTS_FOLDER: this.files,
      FAULTS_TRACE: this.trace,
    });
  }

  [Symbol.dispose](): void {
    this.faulty[Symbol.dispose]();
    this.checking[Symbol.dispose]();
    process.off('exit', this.#remove);
    this.#remove();
  }
}

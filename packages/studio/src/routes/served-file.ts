import type { StudioFile } from '../api/types.ts';
import { Plans } from '../changes/plans.ts';
import { FileWatch } from '../events/file-watch.ts';
import type { VaultFile } from '../file/vault-file.ts';
import { TaskPool } from '../tasks/task-pool.ts';

/** A file that the Studio serves, and what belongs to it. */
export class ServedFile {
  readonly id: string;
  readonly vaults: VaultFile;
  readonly tasks: TaskPool;
  readonly plans: Plans;
  readonly watch: FileWatch;
  readonly about: StudioFile;

  constructor(id: string, name: string, vaults: VaultFile) {
    this.id = id;
    this.vaults = vaults;
    this.tasks = new TaskPool(vaults);
    this.plans = new Plans(vaults);
    this.watch = new FileWatch(id, vaults);
    const { path, readonly } = vaults;
    this.about = { id, name, path, readonly };
  }

  async close(): Promise<void> {
    this.watch.close();
    await this.tasks.close();
    this.vaults.close();
  }
}

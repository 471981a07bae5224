import { AbstractSnapshot } from 'abstract-level';
import type { State } from './states.ts';

/** An explicit snapshot: a state that the user holds, and passes to reads. */
export class KVaultSnapshot extends AbstractSnapshot {
  readonly state: State;

  constructor(state: State, options: object) {
    // The types of abstract-level know the class, but not its constructor.
    super(...([options] as unknown as []));
    this.state = state;
  }

  async _close(): Promise<void> {
    this.state.end();
  }
}

import { nativeCore } from '../binding.ts';
import { Attention, type Board, Place } from './board.ts';

/** What is kept in memory beside the file and follows its transactions. Depth 1 is the transaction, 2 its first savepoint. */
export interface TransactionParticipant {
  /** A transaction or savepoint was opened. Nothing has changed since then. */
  begin?(depth: number): void;
  /** What was done since `begin(depth)` stays. */
  commit?(depth: number): void;
  /** What was done since `begin(depth)` is undone. */
  rollback?(depth: number): void;
}

/** The kinds of steps, as the core codes them: the kind below, the savepoint's number plus one above. */
const Step = { begin: 0, savepoint: 1, release: 2, rollbackTo: 3, commit: 4, rollback: 5 } as const;
const KIND_BITS = 3;
const STEPS_AT_ONCE = 32;

/**
 * The transaction that is open on a connection and its savepoints, as SQLite tells of them, whoever opened them. It tells from
 * the moment on when `follow` was called, which has to be before the first change.
 */
export class TransactionLevels {
  readonly #handle: number;
  readonly #board: Board;
  readonly #binding = nativeCore().binding;
  readonly #participants = new Set<TransactionParticipant>();
  readonly #steps = new Int32Array(STEPS_AT_ONCE);
  /** SQLite's numbers of the open levels: -1, the transaction; 0, its first savepoint; and so on. */
  readonly #open: number[] = [];

  constructor(handle: number, board: Board) {
    this.#handle = handle;
    this.#board = board;
  }

  /** How many levels are open, of which participants know. */
  get depth(): number {
    this.settle();
    return this.#open.length;
  }

  /** Tells a participant of transactions, also of the one that is open. */
  join(participant: TransactionParticipant): () => void {
    this.settle();
    for (let depth = 1; depth <= this.#open.length; depth++) participant.begin?.(depth);
    this.#participants.add(participant);
    return () => this.#participants.delete(participant);
  }

  /** Forgets all participants. */
  clear(): void {
    this.#participants.clear();
  }

  /** Has SQLite tell of the transaction that is open; false where none is. It takes the right to write, or throws. */
  follow(): boolean {
    const isOpen = this.#board[Place.joined] !== 0 || this.#binding.join(this.#handle);
    this.settle();
    return isOpen;
  }

  /**
   * Tells the participants what has happened. To be called before anything that follows transactions is used. While a write of ours runs
   * nothing of theirs changes, and it may be they who write: they hear of it afterwards.
   */
  settle(): void {
    while (((this.#board[Place.attention] as number) & (Attention.news | Attention.writing)) === Attention.news) {
      const count = this.#binding.takeSteps(this.#handle, this.#steps);
      for (let index = 0; index < count; index++) {
        const step = this.#steps[index] as number;
        this.#take(step & ((1 << KIND_BITS) - 1), (step >> KIND_BITS) - 1);
      }
    }
  }

  #take(kind: number, savepoint: number): void {
    const open = this.#open;
    switch (kind) {
      case Step.begin:
        this.#push(-1);
        break;
      case Step.savepoint:
        this.#push(savepoint);
        break;
      case Step.release:
        while (open.length > 0 && (open.at(-1) as number) >= savepoint) this.#pop('commit');
        break;
      case Step.rollbackTo:
        while (open.length > 0 && (open.at(-1) as number) >= savepoint) this.#pop('rollback');
        // It is still open.
        this.#push(savepoint);
        break;
      case Step.commit:
        while (open.length > 0) this.#pop('commit');
        break;
      default:
        while (open.length > 0) this.#pop('rollback');
    }
  }

  #push(savepoint: number): void {
    this.#open.push(savepoint);
    for (const participant of this.#participants) participant.begin?.(this.#open.length);
  }

  #pop(how: 'commit' | 'rollback'): void {
    const depth = this.#open.length;
    this.#open.pop();
    for (const participant of this.#participants) participant[how]?.(depth);
  }
}

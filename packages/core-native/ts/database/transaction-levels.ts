import { nativeCore } from '../native/binding.ts';
import { StepCode, StepKind } from '../native/constants.ts';
import { Attention, type Board, Place } from './board.ts';

/** Something in memory that follows the transactions of a file. Depth 1 is the transaction, 2 its first savepoint. */
export interface TransactionParticipant {
  /** A transaction or savepoint was opened. Nothing has changed since then. */
  begin?(depth: number): void;
  /** What was done since `begin(depth)` stays. */
  commit?(depth: number): void;
  /** What was done since `begin(depth)` is undone. */
  rollback?(depth: number): void;
}

interface Level {
  /** SQLite's number: -1, the transaction; 0, its first savepoint; and so on. */
  readonly savepoint: number;
  readonly id: number;
}

const STEPS_AT_ONCE = 32;

/**
 * The open transaction of a connection with its savepoints, no matter who opened them. SQLite reports them to the core
 * from the call of `follow` on, which must come before the first change.
 */
export class TransactionLevels {
  readonly #handle: number;
  readonly #board: Board;
  readonly #binding = nativeCore().binding;
  readonly #participants = new Set<TransactionParticipant>();
  readonly #steps = new Int32Array(STEPS_AT_ONCE);
  /** The open levels, the transaction first. */
  readonly #open: Level[] = [];
  #levels = 0;

  constructor(handle: number, board: Board) {
    this.#handle = handle;
    this.#board = board;
  }

  /** The id of the innermost level. No earlier or later level has the same. */
  get innermost(): number | undefined {
    this.catchUp();
    return this.#open.at(-1)?.id;
  }

  /** Whether a level is still open. */
  isOpen(id: number | undefined): boolean {
    this.catchUp();
    return this.#open.some((level) => level.id === id);
  }

  /** Adds a participant, and reports the open levels to it. Returns a function that removes it. */
  join(participant: TransactionParticipant): () => void {
    this.catchUp();
    for (let depth = 1; depth <= this.#open.length; depth++) participant.begin?.(depth);
    this.#participants.add(participant);
    return () => this.#participants.delete(participant);
  }

  /** Forgets all participants. */
  clear(): void {
    this.#participants.clear();
  }

  /** Has SQLite report the open transaction, and returns whether there is one. It takes the write lock, or throws. */
  follow(): boolean {
    const isOpen = this.#board[Place.joined] !== 0 || this.#binding.join(this.#handle);
    this.catchUp();
    return isOpen;
  }

  /**
   * Reads the log of what SQLite reported, and passes it on to the participants. To be called before a participant is
   * used. Nothing is passed on while a write of ours runs: participants do not change then, and one of them may be
   * writing.
   */
  catchUp(): void {
    while (((this.#board[Place.attention] as number) & (Attention.news | Attention.writing)) === Attention.news) {
      const count = this.#binding.takeSteps(this.#handle, this.#steps);
      for (let index = 0; index < count; index++) {
        const step = this.#steps[index] as number;
        this.#apply(step & StepCode.kindMask, (step >> StepCode.kindBits) - 1);
      }
    }
  }

  #apply(kind: number, savepoint: number): void {
    const open = this.#open;
    switch (kind) {
      case StepKind.begin:
        this.#push(-1);
        break;
      case StepKind.savepoint:
        this.#push(savepoint);
        break;
      case StepKind.release:
        while (this.#reaches(savepoint)) this.#pop('commit');
        break;
      case StepKind.rollbackTo:
        this.#goBack(savepoint);
        break;
      case StepKind.commit:
        while (open.length > 0) this.#pop('commit');
        break;
      default:
        while (open.length > 0) this.#pop('rollback');
    }
  }

  #goBack(savepoint: number): void {
    const level = this.#open.find((open) => open.savepoint === savepoint);
    while (this.#reaches(savepoint)) this.#pop('rollback');
    // The savepoint is still open, and keeps its id.
    this.#push(savepoint, level?.id);
  }

  /** Whether the innermost level is that savepoint or inside it. */
  #reaches(savepoint: number): boolean {
    const innermost = this.#open.at(-1);
    return innermost !== undefined && innermost.savepoint >= savepoint;
  }

  #push(savepoint: number, id = ++this.#levels): void {
    this.#open.push({ savepoint, id });
    for (const participant of this.#participants) participant.begin?.(this.#open.length);
  }

  #pop(how: 'commit' | 'rollback'): void {
    const depth = this.#open.length;
    this.#open.pop();
    for (const participant of this.#participants) participant[how]?.(depth);
  }
}

import { nativeCore } from '../native/binding.ts';
import { StepCode, StepKind } from '../native/constants.ts';
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

interface Level {
  /** SQLite's number: -1, the transaction; 0, its first savepoint; and so on. */
  readonly savepoint: number;
  readonly id: number;
}

const STEPS_AT_ONCE = 32;

/**
 * The transaction that is open on a connection and its savepoints, as SQLite tells of them, no matter who opened them. It tells from
 * the moment on when `follow` was called, which has to be before the first change.
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

  /** What tells the innermost level from every other one, earlier or later. */
  get innermost(): number | undefined {
    this.settle();
    return this.#open.at(-1)?.id;
  }

  /** Whether a level is still open. */
  isOpen(id: number | undefined): boolean {
    this.settle();
    return this.#open.some((level) => level.id === id);
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
        this.#take(step & StepCode.kindMask, (step >> StepCode.kindBits) - 1);
      }
    }
  }

  #take(kind: number, savepoint: number): void {
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
    // It is still open, and the same.
    this.#push(savepoint, level?.id);
  }

  /** Whether the innermost level is that savepoint or lies within it. */
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

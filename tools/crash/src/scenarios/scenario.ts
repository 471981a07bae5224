import type { Random } from '../../../testing/src/random.ts';

/** What a writer writes until it is killed, and what must then be in the file. */
export interface Scenario<Operation, State> {
  /** Returns endless operations. Only the random numbers decide them: writer and checker must get the same ones. */
  operations(random: Random): Generator<Operation, never>;
  /** Opens the file in the process that is killed. */
  openWriter(file: string): Carrier<Operation>;
  /** Returns a model of the file, from what it held before, to which the same operations are applied. */
  model(before: State): Stored<State> & { carryOut(operation: Operation): void };
  /** Returns the content of a file that a writer has left. Throws if the file is damaged. */
  read(file: string): State;
}

export interface Carrier<Operation> {
  /** Runs an operation. Once it has returned, or its promise is fulfilled, its effect must last. */
  carryOut(operation: Operation): void | Promise<void>;
}

export interface Stored<State> {
  /** Returns a copy of what a reader of the file finds now, without pending writes. */
  stored(): State;
}

/** A scenario whose types of operations and states only it knows. */
export type AnyScenario = Scenario<unknown, unknown>;

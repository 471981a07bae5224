import type { Random } from './random.ts';

/** What is written until the writer is killed, and how to tell what must then be in the file. */
export interface Scenario<Operation, State> {
  /** Operations without end. The random numbers decide them alone: writer and checker have to come to the same ones. */
  operations(random: Random): Generator<Operation, never>;
  /** In the process that gets killed. */
  openWriter(file: string): Carrier<Operation>;
  /** What the same operations do to the file, in memory, from what it held before. */
  model(before: State): Carrier<Operation> & Stored<State>;
  /** What a file holds that a writer has left, which is opened again. Throws where the file is damaged. */
  read(file: string): State;
}

export interface Carrier<Operation> {
  /** Once it has returned, its effect has to last. */
  carryOut(operation: Operation): void;
}

export interface Stored<State> {
  /** A copy of what a reader of the file finds now: nothing that is still pending. */
  stored(): State;
}

/** A scenario whose operations and states are nobody else's concern. */
export type AnyScenario = Scenario<unknown, unknown>;

import type { MessagePort } from 'node:worker_threads';
import type { ErrorCode } from '@kohakuvault/core-native/internal';

/** The kinds of vaults that the thread opens. */
export type VaultKind = 'kvault' | 'columns' | 'vectors' | 'texts' | 'documents';

/** The method that returns its object: to iterate over that. */
export const ITSELF = '';

/** The property whose number stands for a function of the calling thread. No option of a user has this name. */
export const FUNCTION = '\u0000kohakuvault.function';

/** Stands for a function of the calling thread. */
export interface FunctionNumber {
  readonly [FUNCTION]: number;
  /** Whether the thread waits for what it returns, and does nothing else meanwhile: else it gets a promise. */
  readonly isAwaited: boolean;
}

/** By which the thread calls functions of the calling thread, and waits for what they return. */
export interface DirectCalls {
  /** Of the thread. */
  readonly port: MessagePort;
  /** Becomes 1 when the answer is there. */
  readonly answered: SharedArrayBuffer;
}

/** A call of a method, or the value of a property, of something that the thread has. */
export interface CallStep {
  /** The number of the vault, column, stream or iteration. */
  readonly target: number;
  readonly method: string;
  /** The arguments, packed. */
  readonly args: Uint8Array;
}

export type Step =
  | { readonly do: 'open'; readonly kind: VaultKind; readonly args: Uint8Array }
  /** `keeps`: the thread keeps what the call returns, and returns its number with these properties of it. */
  | ({
      readonly do: 'call';
      readonly keeps?: readonly string[];
      /** The number that the calling thread has chosen, below 0: what follows can use it before the call is done. */
      readonly as?: number;
      readonly reports?: boolean;
      /** Whether its options may have functions of the calling thread. */
      readonly asks?: boolean;
    } & CallStep)
  /** Keeps the iteration over what the call returns, and returns its number. */
  | ({ readonly do: 'iterate' } & CallStep)
  /** Returns the next items of an iteration, and whether it has ended. */
  | { readonly do: 'next'; readonly target: number; readonly limit: number }
  /** Ends an iteration, and forgets the number. */
  | { readonly do: 'release'; readonly target: number }
  | { readonly do: 'transaction'; readonly calls: readonly CallStep[] };

/** What the calling thread sends. */
export type Request =
  | { readonly id: number; readonly step: Step }
  | { readonly abort: number }
  | Answer
  | { readonly close: true };

export interface Failure {
  /** Undefined for an error that is not of KohakuVault. */
  readonly code: ErrorCode | undefined;
  readonly name: string;
  readonly message: string;
  /** The call of a function of the calling thread that has thrown it. */
  readonly thrown?: number | undefined;
}

/** A call of a function of the calling thread. */
export interface Ask {
  readonly ask: number;
  readonly of: number;
  /** The arguments, packed. */
  readonly args: Uint8Array;
}

/** What a function of the calling thread has returned or thrown. */
export type Answer =
  | { readonly answer: number; readonly result: Uint8Array }
  | { readonly answer: number; readonly failure: Failure };

/** What the thread sends. Results are packed. */
export type Response =
  | { readonly ready: true }
  | { readonly id: number; readonly result: Uint8Array }
  | { readonly id: number; readonly failure: Failure }
  | { readonly id: number; readonly progress: readonly [done: number, total: number | undefined] }
  | Ask
  | { readonly closed: true; readonly failure: Failure | undefined };

/** What the thread gets when it starts. */
export interface ThreadData {
  readonly kohakuvault: 'async';
  readonly path: string;
  /** The options of the connection, packed. */
  readonly options: Uint8Array;
  readonly calls: DirectCalls;
}

import { refuseSwitch } from '@kohakuvault/core-native/internal';
import { ChangeSource, type KeyEncoding, type KeyOf, type Stored } from '@kohakuvault/kvault/internal';
import type { ValueEncoding } from '@kohakuvault/packer/value';
import type { OwnEntries } from './own-entries.ts';

/** What a dict on a server is, and how its values are encoded. Its methods are in the classes that extend this one. */
export abstract class KVaultMethods<
  V,
  K extends KeyEncoding,
  A extends boolean,
  E extends ValueEncoding,
> extends ChangeSource<KeyOf<K>, Stored<V, A, E>> {
  /** @internal */
  protected readonly own: OwnEntries<V, K, A, E>;

  /** @internal */
  constructor(own: OwnEntries<V, K, A, E>) {
    super();
    this.own = own;
  }

  enableAutoPack(options?: { structured?: boolean }): void {
    this.#refuseSwitch('enableAutoPack');
    this.own.context.codec.enableAutoPack(options);
  }

  disableAutoPack(): void {
    this.#refuseSwitch('disableAutoPack');
    this.own.context.codec.disableAutoPack();
  }

  get autoPackEnabled(): boolean {
    return this.valueEncoding === 'auto' && this.own.context.codec.autoPack;
  }

  enableHeaders(): void {
    this.#refuseSwitch('enableHeaders');
    this.own.context.codec.headers = true;
  }

  disableHeaders(): void {
    this.#refuseSwitch('disableHeaders');
    this.own.context.codec.headers = false;
  }

  get headersEnabled(): boolean {
    return this.valueEncoding === 'auto' && this.own.context.codec.headers;
  }

  get valueEncoding(): string {
    return this.own.context.codec.encoding;
  }

  get table(): string {
    return this.own.context.table;
  }

  get open(): boolean {
    return this.own.context.open;
  }

  #refuseSwitch(method: string): void {
    refuseSwitch(method, this.table, this.valueEncoding);
  }
}

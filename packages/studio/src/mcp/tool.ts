import type { VaultFile } from '../file/vault-file.ts';
import type { Embed } from '../vectors/vector-search.ts';

/** What a tool works with. */
export interface ToolContext {
  readonly file: VaultFile;
  readonly embed: Embed | undefined;
  readonly signal: AbortSignal;
}

export interface Tool {
  readonly description: string;
  /** A JSON Schema of its arguments. */
  readonly inputSchema: { readonly type: 'object'; readonly properties: object; readonly required?: readonly string[] };
  /** Whether it changes the file. */
  readonly writes?: true;
  run(context: ToolContext, given: Record<string, unknown>): unknown;
}

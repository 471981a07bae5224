import { problemOfError } from '../api/studio-error.ts';
import type { ValueNode } from '../api/types.ts';
import { nodeOf, type TreeLimits } from './value-node.ts';

/** Returns the node of a stored value. One that cannot be decoded does not hide the others. */
export function shownStored(decode: (stored: Buffer) => unknown, stored: Buffer, limits: TreeLimits): ValueNode {
  try {
    return nodeOf(decode(stored), limits);
  } catch (error) {
    const { code, message } = problemOfError(error);
    return { t: 'other', name: code, text: message };
  }
}

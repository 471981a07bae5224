import type { KeyRef, Problem, ValueNode } from './common.ts';

export interface ValueQuery {
  table: string;
  key: KeyRef;
}

export interface ValueView {
  table: string;
  key: KeyRef;
  /** As stored, headers included; of a value in parts, all parts. */
  storedBytes: number;
  /** How it is encoded: raw, json, msgpack, cbor, pickle, …, as `kohakuvault ls --long` names it. */
  encoding: string;
  /** The header in front of the value, if there is one: what its bytes mean. */
  header: { hex: string; about: string } | null;
  location: {
    table: string;
    rowid: string;
    inParts: boolean;
    parts: number;
    /** How the table encodes its values: auto, or what the file keeps. */
    tableEncoding: string;
  };
  /**
   * What the page shows: `bytes` (hex), `text`, a picture, audio or video by `mime`, a tree of types, or nothing
   * because of `problem`.
   */
  kind: 'bytes' | 'text' | 'image' | 'audio' | 'video' | 'tree' | 'tensor' | 'problem';
  /** What the bytes look like; null if nothing is known, or if the value is not bytes. `raw` answers with a safe one. */
  mime: string | null;
  /** The length of a value that is bytes, without headers; otherwise null. `raw` serves it in ranges. */
  contentBytes: number | null;
  /** The value with its types; null if it is bytes, or if `problem` is set. A long value is cut. */
  tree: ValueNode | null;
  /** The value as typed JSON for editing; null if it is too long (more than 1 MiB) or cannot be written so. */
  json: string | null;
  /** The first characters, if it is text; the language for highlighting: json, html, svg, markdown, xml, csv, plain. */
  text: { v: string; cut: boolean; language: string } | null;
  /** Why it is not shown. */
  problem: Problem | null;
  /** Changes whenever the value does. */
  etag: string;
  version: string;
  editable: boolean;
  /** Code that reads this value. */
  code: { typescript: string; python: string | null };
}

export interface ValuePartQuery extends ValueQuery {
  /** Places of children, such as `0.12.3`; empty for the root. */
  path: string;
  /** The first child, or the first character, byte or number. */
  start?: number;
  /** At most 1,000 children, 64 Ki characters, bytes or numbers. */
  count?: number;
}

/** `node` as in the tree, but with the asked children only. `start` is the place of the first. */
export interface ValuePart {
  path: string;
  start: number;
  node: ValueNode;
}

export interface RawQuery extends ValueQuery {
  /** 'content' (default): the bytes of a value that is bytes. 'stored': what is in the file, headers included. 'numbers':
   * the elements of a tensor or a typed array, little-endian. */
  form?: 'content' | 'stored' | 'numbers';
  /** '1': as a download, with a file name. */
  download?: '1';
}

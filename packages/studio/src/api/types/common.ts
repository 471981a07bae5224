export interface ErrorBody {
  error: {
    /** A code of docs/errors.md, or one of the Studio: STUDIO_TOKEN, STUDIO_ORIGIN, STUDIO_ROUTE, STUDIO_METHOD,
     * STUDIO_TOO_LARGE, STUDIO_GONE (the file was deleted or replaced), STUDIO_CANCELED. */
    code: string;
    message: string;
  };
}

/** A key in JSON and in URLs: `t:` and the text of a key that is UTF-8, or `x:` and the hex digits of any other. */
export type KeyRef = string;

/** A 64-bit id, as decimal digits; of a table of vectors with text ids the text. */
export type Id = string;

/** A number as JSON cannot always have it: NaN, Infinity, -Infinity and -0 are text. */
export type PlainNumber = number | 'NaN' | 'Infinity' | '-Infinity' | '-0';

/**
 * A value with its types. `id` numbers objects that `ref` refers to: those that occur more than once, or contain
 * themselves. `cut` says that children or characters are left out: `valuePart` returns more of them by the path, which
 * is the places of the children from the root on, such as `0.12.3`. Entry n of a Map has the children 2n (its key) and
 * 2n + 1 (its value).
 */
export type ValueNode =
  | { t: 'null' | 'undefined' }
  | { t: 'boolean'; v: boolean }
  | { t: 'number'; v: PlainNumber }
  | { t: 'bigint'; v: string }
  /** `length` in units of UTF-16. */
  | { t: 'string'; v: string; length: number; cut?: true }
  /** Milliseconds since 1970; null for an invalid date. */
  | { t: 'date'; v: number | null }
  | { t: 'regexp'; source: string; flags: string }
  | { t: 'error'; name: string; message: string; stack?: string; entries?: [string, ValueNode][]; id?: number }
  /** The first bytes in hex. `name` is Buffer, Uint8Array, ArrayBuffer or SharedArrayBuffer. */
  | { t: 'bytes'; name: string; length: number; hex: string; cut?: true; id?: number }
  /** The first numbers; those of 64 bits as decimal digits. */
  | {
      t: 'typed-array';
      name: string;
      length: number;
      v: (PlainNumber | string)[];
      cut?: true;
      id?: number;
    }
  /** An array of numbers with a shape, row-major. `image` is set if the shape is that of a picture. */
  | {
      t: 'tensor';
      dtype: string;
      shape: number[];
      length: number;
      v: (PlainNumber | string)[];
      cut?: true;
      image?: ImageShape;
      id?: number;
    }
  | { t: 'array'; length: number; items: ValueNode[]; cut?: true; id?: number }
  | { t: 'object'; size: number; entries: [string, ValueNode][]; cut?: true; id?: number }
  | { t: 'map'; size: number; entries: [ValueNode, ValueNode][]; cut?: true; id?: number }
  | { t: 'set'; size: number; items: ValueNode[]; cut?: true; id?: number }
  | { t: 'ref'; id: number }
  /** Something with a type of its own, such as a pickle of a Python class that is not read. */
  | { t: 'other'; name: string; text: string };

/** How a tensor is laid out as a picture. `channels` is 1, 3 or 4. */
export interface ImageShape {
  layout: 'HW' | 'HWC' | 'CHW';
  width: number;
  height: number;
  channels: number;
}

export interface Problem {
  code: string;
  message: string;
}

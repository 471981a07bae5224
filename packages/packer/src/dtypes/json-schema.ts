import {
  describe,
  findFile,
  InvalidArgument,
  isError,
  KohakuVaultError,
  messageOf,
} from '@kohakuvault/core-native/internal';
import type { ErrorObject, Options, ValidateFunction } from 'ajv';
import { EncodeError } from '../errors/encode-error.ts';
import { readArguments } from '../errors/proxy-errors.ts';

/** Throws for a value that violates the schema. The value has been encoded, so it is neither deep nor cyclic. */
export type SchemaCheck = (value: unknown) => void;

/** Compiles a JSON Schema: draft 07 if `$schema` says so, otherwise 2020-12. Throws for an invalid schema. */
export function schemaCheck(schema: object): SchemaCheck {
  const isObject = typeof schema === 'object' && schema !== null;
  if (!isObject || readArguments('withJsonSchema', () => Array.isArray(schema))) {
    throw new InvalidArgument(`withJsonSchema: the schema is ${describe(schema)}; expected an object`);
  }
  let validate: ValidateFunction;
  try {
    validate = compile(schema);
  } catch (cause) {
    if (cause instanceof KohakuVaultError) throw cause;
    const why = messageOf(cause);
    throw new InvalidArgument(`withJsonSchema: the schema is not a valid JSON Schema: ${why}`, { cause });
  }
  return (value) => {
    let isValid: boolean;
    try {
      isValid = validate(value);
    } catch (cause) {
      const why = isError(cause) ? cause.message : 'a value that is not an Error was thrown';
      throw new EncodeError(`the schema could not be checked: ${why}`, { cause });
    }
    if (!isValid)
      throw new EncodeError(`the value violates the schema: ${(validate.errors ?? []).map(violation).join('; ')}`);
  };
}

interface Ajv {
  compile(schema: object): ValidateFunction;
}

/** ajv for one draft of JSON Schema, and its formats. */
interface AjvModules {
  readonly ajv: { default: new (options: Options) => Ajv };
  readonly formats: { default: (ajv: Ajv) => void };
}

/**
 * Becomes `require` when the package is built: esbuild, Rolldown and Bun follow it and take ajv into a bundle. An ES
 * module in Node has no `require`.
 */
declare const requireInBundle: NodeJS.Require;

/** Loads ajv with the first schema, since loading it takes longer than loading the whole package. */
function loadAjv(draft07: boolean): AjvModules {
  try {
    const formats = requireInBundle('ajv-formats') as AjvModules['formats'];
    return { ajv: draft07 ? requireInBundle('ajv') : requireInBundle('ajv/dist/2020.js'), formats };
  } catch {
    // Not in a bundle, or the bundler has left it out.
  }
  const module = process.getBuiltinModule('node:module');
  // In this form, @vercel/nft finds what is required too.
  const requireHere = module.createRequire(import.meta.url ?? __filename);
  try {
    const formats = requireHere('ajv-formats') as AjvModules['formats'];
    return { ajv: draft07 ? requireHere('ajv') : requireHere('ajv/dist/2020.js'), formats };
  } catch (cause) {
    const formats = findFile('ajv-formats', requireHere);
    const ajv = findFile(draft07 ? 'ajv' : 'ajv/dist/2020.js', requireHere);
    if (formats !== undefined && ajv !== undefined) return { ajv: requireHere(ajv), formats: requireHere(formats) };
    throw new KohakuVaultError(
      'withJsonSchema needs the packages ajv and ajv-formats, which are dependencies of @kohakuvault/packer and are ' +
        `not found here (${messageOf(cause).split('\n', 1)[0]}): install again, or, if the program is bundled, take ` +
        'them into the bundle or install them beside it',
      { code: 'KV_RUNTIME_UNSUPPORTED', cause },
    );
  }
}

function compile(schema: { $schema?: unknown; $async?: unknown }): ValidateFunction {
  if (schema.$async !== undefined) throw new Error('$async schemas cannot be checked synchronously');
  const { ajv, formats } = loadAjv(/draft-0[67]/.test(String(schema.$schema ?? '')));
  // Not strict: the schema may have keywords and formats for other programs, which ajv does not know.
  const validator = new ajv.default({ allErrors: true, strict: false, logger: false });
  formats.default(validator);
  return validator.compile(schema);
}

function violation({ instancePath, keyword, message, params }: ErrorObject): string {
  const extra = 'additionalProperty' in params ? ` (${params.additionalProperty})` : '';
  return `${instancePath || '/'} ${message ?? 'is not allowed'}${extra} [${keyword}]`;
}

import { describe, InvalidArgument } from '@kohakuvault/core-native/internal';
import type { ErrorObject, Options, ValidateFunction } from 'ajv';
import { EncodeError } from '../errors/encode-error.ts';
import { readArguments } from '../errors/proxy-errors.ts';

const { createRequire } = process.getBuiltinModule('node:module');

/** Throws for a value that violates the schema. The value has been encoded, so it is neither deep nor cyclic. */
export type SchemaCheck = (value: unknown) => void;

const require = createRequire(import.meta.url);

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
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new InvalidArgument(`withJsonSchema: the schema is not a valid JSON Schema: ${why}`, { cause });
  }
  return (value) => {
    let isValid: boolean;
    try {
      isValid = validate(value);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : 'a value that is not an Error was thrown';
      throw new EncodeError(`the schema could not be checked: ${why}`, { cause });
    }
    if (!isValid)
      throw new EncodeError(`the value violates the schema: ${(validate.errors ?? []).map(violation).join('; ')}`);
  };
}

/** Loads ajv with the first schema, since loading it takes longer than loading the whole package. */
function compile(schema: { $schema?: unknown; $async?: unknown }): ValidateFunction {
  if (schema.$async !== undefined) throw new Error('$async schemas cannot be checked synchronously');
  const draft07 = /draft-0[67]/.test(String(schema.$schema ?? ''));
  const { default: Ajv } = require(draft07 ? 'ajv' : 'ajv/dist/2020.js') as {
    default: new (options: Options) => { compile(schema: object): ValidateFunction };
  };
  const { default: addFormats } = require('ajv-formats') as { default: (ajv: unknown) => void };
  // Not strict: the schema may have keywords and formats for other programs, which ajv does not know.
  const ajv = new Ajv({ allErrors: true, strict: false, logger: false });
  addFormats(ajv);
  return ajv.compile(schema);
}

function violation({ instancePath, keyword, message, params }: ErrorObject): string {
  const extra = 'additionalProperty' in params ? ` (${params.additionalProperty})` : '';
  return `${instancePath || '/'} ${message ?? 'is not allowed'}${extra} [${keyword}]`;
}

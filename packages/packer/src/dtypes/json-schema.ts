import { describe, InvalidArgument } from '@kohakuvault/core-native/internal';
import type { ErrorObject, Options, ValidateFunction } from 'ajv';
import { argumentsOf, Refusal } from '../errors/codec-errors.ts';

const { createRequire } = process.getBuiltinModule('node:module');

/** Refuses a value that its schema does not allow. It is one that was encoded, and so neither deep nor cyclic. */
export type SchemaCheck = (value: unknown) => void;

const require = createRequire(import.meta.url);

/** Compiles a JSON Schema: draft 07 where `$schema` says so, 2020-12 otherwise. A bad schema is refused here. */
export function schemaCheck(schema: object): SchemaCheck {
  const isObject = typeof schema === 'object' && schema !== null;
  if (!isObject || argumentsOf('withJsonSchema', () => Array.isArray(schema))) {
    throw new InvalidArgument(`withJsonSchema: the schema is ${describe(schema)}; expected an object`);
  }
  let validate: ValidateFunction;
  try {
    validate = compile(schema);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new InvalidArgument(`withJsonSchema: this is no valid JSON Schema: ${why}`, { cause });
  }
  return (value) => {
    let isValid: boolean;
    try {
      isValid = validate(value);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : 'something was thrown';
      throw new Refusal(`the schema could not be checked: ${why}`, { cause });
    }
    if (!isValid) throw new Refusal(`the schema is violated: ${(validate.errors ?? []).map(violation).join('; ')}`);
  };
}

/** ajv is loaded with the first schema: it takes longer than all the rest of the package. */
function compile(schema: { $schema?: unknown; $async?: unknown }): ValidateFunction {
  if (schema.$async !== undefined) throw new Error('an $async schema tells its answer too late');
  const draft07 = /draft-0[67]/.test(String(schema.$schema ?? ''));
  const { default: Ajv } = require(draft07 ? 'ajv' : 'ajv/dist/2020.js') as {
    default: new (options: Options) => { compile(schema: object): ValidateFunction };
  };
  const { default: addFormats } = require('ajv-formats') as { default: (ajv: unknown) => void };
  // Not strict: a keyword or format ajv does not know is no mistake of the schema, which may serve others too.
  const ajv = new Ajv({ allErrors: true, strict: false, logger: false });
  addFormats(ajv);
  return ajv.compile(schema);
}

function violation({ instancePath, keyword, message, params }: ErrorObject): string {
  const extra = 'additionalProperty' in params ? ` (${params.additionalProperty})` : '';
  return `${instancePath || '/'} ${message ?? 'is not allowed'}${extra} [${keyword}]`;
}

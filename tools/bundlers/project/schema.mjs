import { DataPacker } from '@kohakuvault/packer';

/** Prints the error of a program that checks a JSON Schema where ajv is not installed. */
try {
  DataPacker.withJsonSchema({ type: 'object' });
  console.log('the schema was compiled');
} catch (error) {
  console.log(`${error.code} ${error.message}`);
}

import { DataPacker } from '@kohakuvault/packer';

/** Prints what a program is told that checks a JSON Schema where ajv is not installed. */
try {
  DataPacker.withJsonSchema({ type: 'object' });
  console.log('the schema was compiled');
} catch (error) {
  console.log(`${error.code} ${error.message}`);
}

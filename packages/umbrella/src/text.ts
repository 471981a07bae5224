export * from '@kohakuvault/text';

export * from '@kohakuvault/vector';

export * from '@kohakuvault/ordered';

export * from '@kohakuvault/packer';

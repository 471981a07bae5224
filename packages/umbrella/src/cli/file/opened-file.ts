export { OpenedFile, walOf } from '@kohakuvault/core-native/internal/database';

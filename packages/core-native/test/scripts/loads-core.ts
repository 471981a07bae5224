import { KohakuVaultError, nativeCore } from '@kohakuvault/core-native/internal';

try {
  process.stdout.write(`loaded ${nativeCore().binding.buildId()}`);
} catch (error) {
  if (!(error instanceof KohakuVaultError)) throw error;
  process.stdout.write(`${error.code}: ${error.message}`);
}

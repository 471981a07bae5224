// Uses a handle of the main thread.
import { parentPort, workerData } from 'node:worker_threads';
import { KohakuVaultError, nativeCore } from '@kohakuvault/core-native/internal';

try {
  nativeCore().binding.execute(workerData.handle, 'SELECT 1');
  parentPort?.postMessage('it worked');
} catch (error) {
  parentPort?.postMessage(error instanceof KohakuVaultError ? `${error.code}: ${error.message}` : String(error));
}

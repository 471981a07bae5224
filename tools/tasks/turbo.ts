// Runs turbo with what a native build depends on besides its sources: the OS, the CPU, the C library, the compiler.
import { execFileSync, spawnSync } from 'node:child_process';
import { targetOf } from '../../packages/core-native/ts/native/platform.ts';

export function runTurbo(args: readonly string[]): number {
  const compiler = execFileSync('rustc', ['--version'], { encoding: 'utf8' }).trim();
  const { status, error } = spawnSync('turbo', ['run', ...args], {
    stdio: 'inherit',
    shell: process.platform === 'win32',
    env: {
      ...process.env,
      KOHAKUVAULT_PLATFORM: `${targetOf()} ${compiler}`,
      TURBO_TELEMETRY_DISABLED: '1',
      TURBO_NO_UPDATE_NOTIFIER: '1',
    },
  });
  if (error) throw error;
  return status ?? 1;
}

if (import.meta.main) process.exitCode = runTurbo([...process.argv.slice(2), '--output-logs=new-only']);

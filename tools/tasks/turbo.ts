// Runs turbo, and tells it what a native build depends on besides its sources: the OS, the CPU, the C library and the
// compiler.
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

if (import.meta.main) {
  const args = process.argv.slice(2);
  const isChosen = args.some((arg) => arg.startsWith('--output-logs'));
  process.exitCode = runTurbo(isChosen ? args : [...args, '--output-logs=new-only']);
}

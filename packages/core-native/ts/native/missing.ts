import { TARGETS } from './platform.ts';
import { findFile, isBundled } from './program.ts';

const GUIDE = 'docs/guides/bundlers.md';

/** Says why the package with the core is not there, and what to do. */
export function whyMissing(target: string, here: NodeJS.Require): string {
  const name = packageOf(target);
  if (!(TARGETS as readonly string[]).includes(target)) {
    return `no native core is published for ${target}; there is one for ${TARGETS.join(', ')}`;
  }
  const others = TARGETS.filter((other) => other !== target && findFile(packageOf(other), here) !== undefined);
  if (others.length > 0) {
    return (
      `${name}, which holds the native core for this platform, is not installed, but the core for ` +
      `${others.join(', ')} is: node_modules comes from another platform. Install on this one, or for it ` +
      `(npm install ${installFlags(target)})`
    );
  }
  if (isBundled('@kohakuvault/core-native', here)) {
    return (
      `${name}, which holds the native core for this platform, is neither in this bundled program nor beside it: ` +
      `the bundler left the binary behind. Keep it external and install it beside the program; ${GUIDE} of ` +
      'KohakuVault tells how, for each bundler'
    );
  }
  return (
    `${name}, which holds the native core for this platform, is not installed: reinstall without --no-optional ` +
    'or --omit=optional, and on the platform the program runs on'
  );
}

function packageOf(target: string): string {
  return `@kohakuvault/core-native-${target}`;
}

function installFlags(target: string): string {
  const [os, cpu, libc] = target.split('-');
  const flags = [`--os=${os}`, `--cpu=${cpu}`];
  if (os === 'linux') flags.push(`--libc=${libc === 'gnu' ? 'glibc' : libc}`);
  return flags.join(' ');
}

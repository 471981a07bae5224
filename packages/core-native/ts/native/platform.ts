const { readFileSync } = process.getBuiltinModule('node:fs');

/** The platforms a binary is published for. */
export const TARGETS = [
  'linux-x64-gnu',
  'linux-arm64-gnu',
  'linux-x64-musl',
  'linux-arm64-musl',
  'darwin-x64',
  'darwin-arm64',
  'win32-x64-msvc',
  'win32-arm64-msvc',
] as const;

/**
 * What a process knows of where it runs. It is a parameter, so that the answer for every platform can be checked on
 * any.
 */
export interface Platform {
  platform: string;
  arch: string;
  /** Returns the text of `/proc/self/maps`, if there is one. */
  maps(): string | undefined;
  /** Returns the glibc version of `process.report`, undefined on musl. */
  glibcVersion(): string | undefined;
}

/** The part of `process.report` that is used here. The type declarations do not have it in full. */
interface ProcessReport {
  excludeNetwork: boolean;
  getReport(): { header: { glibcVersionRuntime?: string } };
}

export const thisPlatform: Platform = {
  platform: process.platform,
  arch: process.arch,
  maps() {
    try {
      return readFileSync('/proc/self/maps', 'latin1');
    } catch {
      return undefined;
    }
  },
  glibcVersion() {
    const report = process.report as unknown as ProcessReport;
    const before = report.excludeNetwork;
    // Otherwise the report resolves host names, which takes seconds.
    report.excludeNetwork = true;
    try {
      return report.getReport().header.glibcVersionRuntime;
    } finally {
      report.excludeNetwork = before;
    }
  },
};

function isMusl(on: Platform): boolean {
  const maps = on.maps();
  if (maps !== undefined) {
    // Not by regular expressions, which V8 compiles for longer than it searches.
    if (maps.includes('/ld-musl-')) return true;
    if (maps.includes('/ld-linux') || maps.includes('/libc.so.')) return false;
  }
  return on.glibcVersion() === undefined;
}

/**
 * Returns the name of the platform as its package spells it, such as `linux-x64-gnu`. It need not be one of `TARGETS`.
 */
export function targetOf(on: Platform = thisPlatform): string {
  const base = `${on.platform}-${on.arch}`;
  if (on.platform === 'linux') return `${base}-${isMusl(on) ? 'musl' : 'gnu'}`;
  return on.platform === 'win32' ? `${base}-msvc` : base;
}

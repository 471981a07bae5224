import { execFileSync } from 'node:child_process';

/** What npm knows of a package, or of one version of it; undefined where there is no such. */
export function lookUp(release: string, options: readonly string[] = []): Record<string, unknown> | undefined {
  try {
    const found = execFileSync('npm', ['view', release, '--json', ...options], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    // For a version that is missing, of a package that is not, npm prints nothing.
    return found.trim() === '' ? undefined : (JSON.parse(found) as Record<string, unknown>);
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    if (`${stdout}${stderr}`.includes('E404')) return undefined;
    throw error;
  }
}

export function isPublished(name: string, version: string, options: readonly string[] = []): boolean {
  return lookUp(`${name}@${version}`, options) !== undefined;
}

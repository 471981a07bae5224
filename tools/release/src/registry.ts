import { execFileSync } from 'node:child_process';

/** Returns the manifest of a package, or of one version of it, from the registry; undefined if there is none. */
export function lookUp(release: string, options: readonly string[] = []): Record<string, unknown> | undefined {
  try {
    const found = execFileSync('npm', ['view', release, '--json', ...options], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    // For a missing version of an existing package, npm prints nothing.
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

import { KohakuVaultError } from '@kohakuvault/core-native/internal';

/** Loads the Studio, which is installed separately. */
export async function studioPackage(): Promise<typeof import('@kohakuvault/studio')> {
  return await loaded(() => import('@kohakuvault/studio'));
}

export async function mcpPackage(): Promise<typeof import('@kohakuvault/studio/mcp')> {
  return await loaded(() => import('@kohakuvault/studio/mcp'));
}

async function loaded<Module>(load: () => Promise<Module>): Promise<Module> {
  try {
    return await load();
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code !== 'ERR_MODULE_NOT_FOUND' || !/@kohakuvault[/\\]studio/.test(message)) throw cause;
    throw new KohakuVaultError(
      'the Studio is a package of its own, which is not installed here; install it beside kohakuvault: ' +
        'npm install @kohakuvault/studio (without a project: npx -p kohakuvault -p @kohakuvault/studio kohakuvault studio <file>)',
      { code: 'KV_RUNTIME_UNSUPPORTED', cause },
    );
  }
}

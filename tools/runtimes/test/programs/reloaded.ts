// A module of a program as a development server reloads it: it opens its vault, and nobody closes that.
import { KVault } from '@kohakuvault/kvault';

export const vault = new KVault(process.env.RELOADED_FILE as string);
vault.set('loads', ((vault.get('loads') as number | undefined) ?? 0) + 1);

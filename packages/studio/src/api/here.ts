import { pathToFileURL } from 'node:url';

/** The address of this module: of the sources, or of the file that the build has put it into. */
export const HERE: string = import.meta.url ?? pathToFileURL(__filename).href;

/** The address of the package's own folder. */
export const PACKAGE = new URL(HERE.endsWith('/src/api/here.ts') ? '../../' : '../', HERE);

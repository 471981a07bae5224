import { existsSync, readFileSync } from 'node:fs';
import { extname, join, normalize, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PACKAGE } from '../api/here.ts';
import { StudioError } from '../api/studio-error.ts';
import { response, type StudioRequest, type StudioResponse } from './exchange.ts';

/** Scripts and styles of the page itself only, none in the page's text, and nothing of other hosts. */
const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  "media-src 'self' blob:",
  "connect-src 'self'",
  "worker-src 'self' blob:",
  "font-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.json': 'application/json; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
  '.map': 'application/json; charset=utf-8',
};
/** Files whose name has the hash of their content never change. */
const HASHED = /[.-][\w-]{8,}\.\w+$/;

interface PageFile {
  readonly type: string;
  readonly plain: Buffer;
  readonly brotli: Buffer | undefined;
}

const kept = new Map<string, PageFile>();

/** Returns a file of the page, or the page itself. */
export function pageFile(request: StudioRequest): StudioResponse {
  const folder = pageFolder();
  if (folder === undefined) return notBuilt();
  const name = request.path === '/' ? 'index.html' : decoded(request.path).slice(1);
  const path = normalize(join(folder, name));
  const type = TYPES[extname(path)];
  if (!path.startsWith(folder + sep) || type === undefined || !existsSync(path)) {
    throw new StudioError(
      'STUDIO_ROUTE',
      `there is no page ${JSON.stringify(request.path.slice(0, 100))}; the Studio is at ${request.base}/`,
    );
  }
  const file = read(path, type);
  const isBrotli = file.brotli !== undefined && /\bbr\b/.test(request.header('accept-encoding') ?? '');
  const isPage = name === 'index.html';
  const headers: Record<string, string> = {
    'content-type': type,
    vary: 'accept-encoding',
    'content-security-policy': isPage
      ? PAGE_POLICY
      : "default-src 'none'; style-src 'self'; connect-src 'self'; worker-src 'self'",
    'cache-control': !isPage && HASHED.test(name) ? 'public, max-age=31536000, immutable' : 'no-cache',
    ...(isBrotli ? { 'content-encoding': 'br' } : {}),
  };
  return response(200, headers, isBrotli ? (file.brotli as Buffer) : file.plain);
}

function read(path: string, type: string): PageFile {
  const known = kept.get(path);
  if (known) return known;
  const plain = readFileSync(path);
  // The build of the page has compressed it.
  const compressed = `${path}.br`;
  const brotli = existsSync(compressed) ? readFileSync(compressed) : undefined;
  const file = { type, plain, brotli };
  kept.set(path, file);
  return file;
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return '/';
  }
}

/** Returns where vite has put the page; undefined if it has not been built. */
export function pageFolder(): string | undefined {
  const folder = fileURLToPath(new URL('dist/page', PACKAGE));
  return existsSync(join(folder, 'index.html')) ? folder : undefined;
}

function notBuilt(): StudioResponse {
  return response(
    503,
    { 'content-type': 'text/plain; charset=utf-8', 'content-security-policy': PAGE_POLICY },
    'The page of the Studio has not been built. In the repository, run the build of @kohakuvault/studio.\n',
  );
}

/** What somebody sees who opens the Studio without its token. */
export function lockedPage(): StudioResponse {
  const text =
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>KohakuVault Studio</title>' +
    '<h1>This Studio is locked</h1><p>Open the address that it printed when it started: it ends with a token. ' +
    'The address is good for as long as the Studio runs.</p></html>';
  return response(401, { 'content-type': 'text/html; charset=utf-8' }, text);
}

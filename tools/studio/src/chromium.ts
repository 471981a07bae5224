import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome', 'msedge'];
const USUAL_PLACES = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
];

/** Returns the path of a Chromium of this machine: what CHROMIUM names, or else what is installed. */
export function chromiumPath(): string | undefined {
  const { CHROMIUM: given, PATH = '' } = process.env;
  if (given) return given;
  const found = PATH.split(delimiter).flatMap((folder) => NAMES.map((name) => join(folder, name)));
  return [...found, ...USUAL_PLACES].find((path) => existsSync(path));
}

export const HOW_TO_INSTALL =
  'There is no Chromium. Install it (Debian and Ubuntu: apt-get install chromium; macOS and Windows: Chrome or Edge), ' +
  'or put the path of one into the environment variable CHROMIUM.';

/** Starts the Chromium of this machine. Throws an error that says how to get one if there is none. */
export async function launchChromium(): Promise<Browser> {
  const executablePath = chromiumPath();
  if (executablePath === undefined) throw new Error(HOW_TO_INSTALL);
  // Root has no sandbox of its own in a container; the pages are those of this repository.
  const isRoot = process.getuid?.() === 0;
  return await chromium.launch({ executablePath, args: isRoot ? ['--no-sandbox'] : [] });
}

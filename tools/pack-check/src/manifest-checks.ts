// Checks of a tarball's files and manifest, without running anything.
import { isDeepStrictEqual } from 'node:util';
import { namedFiles, SOURCE_CONDITION, withoutSources } from './manifest.ts';
import type { PackedPackage } from './pack.ts';
import type { Complaints, Report } from './report.ts';
import type { WorkspacePackage } from './workspace.ts';

/** The scripts that would run on the machine of every user who installs the package. */
const INSTALL_SCRIPTS = ['preinstall', 'install', 'postinstall'];

export function checkLibrary(report: Report, library: PackedPackage): void {
  const { name } = library.manifest;
  report.check(`${name}: the published exports lead to dist`, () => publishedExports(library));
  checkAny(report, library);
}

export function checkPlatform(report: Report, platform: PackedPackage): void {
  const { name } = platform.manifest;
  report.check(`${name}: has one native binary, which is its main`, () => oneBinary(platform));
  checkAny(report, platform);
}

function checkAny(report: Report, packed: PackedPackage): void {
  const { name } = packed.manifest;
  report.check(`${name}: has no dependency that only the workspace understands`, () => noProtocols(packed));
  report.check(`${name}: nothing runs when it is installed`, () => noInstallScripts(packed));
  report.check(`${name}: README.md and LICENSE, no sources, no tests`, () => rightFiles(packed));
  report.check(`${name}: the links of its README.md lead somewhere from npm`, () => strayLinks(packed));
  report.check(`${name}: every file that its manifest names is in it`, () => nothingMissing(packed));
}

/** Checks a library that works without better-sqlite3: its users must not install declarations that they never read. */
export function checkLean(report: Report, { manifest }: PackedPackage): void {
  report.check(`${manifest.name}: installs no types`, () =>
    Object.keys(manifest.dependencies ?? {}).filter((name) => name.startsWith('@types/')),
  );
}

/** Checks that the core depends on the platform packages of the workspace, in the same version. */
export function checkOptionalPlatforms(
  report: Report,
  core: PackedPackage,
  platforms: readonly WorkspacePackage[],
): void {
  report.check(`${core.manifest.name}: depends on every platform package, in its exact version`, () => {
    const asked = core.manifest.optionalDependencies ?? {};
    const there = Object.fromEntries(platforms.map(({ manifest }) => [manifest.name, manifest.version]));
    return isDeepStrictEqual(asked, there)
      ? []
      : [`optionalDependencies are ${show(asked)}`, `the workspace has ${show(there)}`];
  });
}

function publishedExports({ manifest, source }: PackedPackage): Complaints {
  const { exports = {}, publishConfig } = source.manifest;
  const complaints: string[] = [];
  if (JSON.stringify(manifest.exports).includes(SOURCE_CONDITION)) {
    complaints.push(`the condition ${SOURCE_CONDITION} is in the packed exports`);
  }
  if (!isDeepStrictEqual(manifest.exports, publishConfig?.exports)) {
    complaints.push('the packed exports are not those of publishConfig');
  }
  // The order of conditions decides which one applies, so it is compared too.
  if (JSON.stringify(publishConfig?.exports) !== JSON.stringify(withoutSources(exports))) {
    complaints.push(`publishConfig.exports are not the exports without ${SOURCE_CONDITION}`);
  }
  return complaints;
}

function oneBinary({ manifest, files }: PackedPackage): Complaints {
  const binaries = files.filter((file) => file.endsWith('.node'));
  return binaries.length === 1 && binaries[0] === manifest.main
    ? []
    : [`main is ${manifest.main}, the binaries are: ${binaries.join(', ') || 'none'}`];
}

function noProtocols({ manifest }: PackedPackage): Complaints {
  return [...JSON.stringify(manifest).matchAll(/"[^"]+":"(?:workspace|catalog|link|file):[^"]*"/g)].map(
    ([dependency]) => dependency,
  );
}

function noInstallScripts({ manifest, files }: PackedPackage): Complaints {
  const scripts = INSTALL_SCRIPTS.filter((script) => manifest.scripts?.[script] !== undefined);
  // npm runs node-gyp if it finds this file.
  return [...scripts, ...files.filter((file) => file === 'binding.gyp')];
}

function rightFiles({ files }: PackedPackage): Complaints {
  const missing = ['README.md', 'LICENSE'].filter((file) => !files.includes(file));
  const sources = files.filter((file) => /\.(?:[cm]?tsx?|rs)$/.test(file) && !/\.d\.[cm]?ts$/.test(file));
  const tests = files.filter((file) => /(?:^|\/)(?:tests?|__tests__|bench)\/|\.(?:test|spec|bench)\./.test(file));
  return [
    ...missing.map((file) => `${file} is missing`),
    ...sources.map((file) => `${file} is a source`),
    ...tests.map((file) => `${file} is a test`),
  ];
}

/**
 * Returns the links that work only inside the repository, and links to another repository of this name: the address is
 * a placeholder until the first release. tools/docs-check looks for the files that they lead to.
 */
function strayLinks({ readme, manifest }: PackedPackage): Complaints {
  const repository = manifest.homepage?.replace(/#.*$/, '') ?? '';
  const targets = [...readme.replaceAll(/^```.*?^```/gms, '').matchAll(/\]\(([^)\s]+)\)/g)].map(([, to = '']) => to);
  return targets.filter((target) => {
    if (target.startsWith('#')) return false;
    const isOurs = /^https:\/\/github\.com\/[^/]+\/kohakuvault\b/.test(target);
    return !/^https?:/.test(target) || (isOurs && !target.startsWith(`${repository}/`));
  });
}

function nothingMissing({ manifest, files }: PackedPackage): Complaints {
  return namedFiles(manifest)
    .filter((file) => !files.includes(file))
    .map((file) => `${file} is missing`);
}

function show(value: unknown): string {
  return JSON.stringify(value, null, 2);
}

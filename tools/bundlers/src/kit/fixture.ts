import type { Project } from './project.ts';

/** A bundler, a test runner or an installer, and what must work with it. */
export interface Fixture {
  readonly name: string;
  /** What it installs from the registry, with versions. */
  readonly install?: Readonly<Record<string, string>>;
  /** Whether it uses the packages for frameworks too. */
  readonly adapters?: boolean;
  /** Throws if anything does not work. */
  check(project: Project): Promise<void>;
}

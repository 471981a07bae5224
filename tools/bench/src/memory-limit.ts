import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Context } from './suite.ts';

const ROOT = '/sys/fs/cgroup';
const PREFIX = 'kohakuvault-bench-';

/**
 * Limits what this process gets from now on, pages of files included, by a control group of its own. The kernel's
 * copies of the files are dropped first: those belong to the process that read them before.
 */
export function limitMemory(bytes: number, files: string[], { unavailable }: Context): void {
  const parent =
    parentGroup() ?? unavailable('only Linux can limit the memory of a process with the pages of its files');
  const group = join(parent, `${PREFIX}${process.pid}`);
  try {
    removeEmpty(parent);
    mkdirSync(group);
    const file = existsSync(join(group, 'memory.max')) ? 'memory.max' : 'memory.limit_in_bytes';
    writeFileSync(join(group, file), String(bytes));
    writeFileSync(join(group, 'cgroup.procs'), String(process.pid));
  } catch (error) {
    unavailable(`this user cannot make control groups (${(error as NodeJS.ErrnoException).code})`);
  }
  process.once('exit', () => {
    writeFileSync(join(parent, 'cgroup.procs'), String(process.pid));
    removeEmpty(parent);
  });
  for (const name of files) forget(name);
}

/** Returns the folder of groups that can have a limit of memory: that of version 2, or of version 1. */
function parentGroup(): string | undefined {
  const controllers = join(ROOT, 'cgroup.controllers');
  if (existsSync(controllers) && readFileSync(controllers, 'utf8').includes('memory')) return ROOT;
  const memory = join(ROOT, 'memory');
  return existsSync(join(memory, 'memory.limit_in_bytes')) ? memory : undefined;
}

/** Groups of processes that were killed stay; one that still has processes cannot be removed. */
function removeEmpty(parent: string): void {
  for (const name of readdirSync(parent).filter((each) => each.startsWith(PREFIX))) {
    try {
      rmdirSync(join(parent, name));
    } catch {}
  }
}

/** Drops the kernel's copy of a file. dd asks for that when it is told to read nothing. */
function forget(file: string): void {
  if (!existsSync(file)) return;
  execFileSync('sync', [file]);
  execFileSync('dd', [`if=${file}`, 'iflag=nocache', 'count=0', 'status=none']);
}

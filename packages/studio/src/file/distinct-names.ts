/** Returns a name for each path: its last part, or as many of its last parts as tell it from the others. */
export function distinctNames(paths: readonly string[]): string[] {
  const parts = paths.map((path) => path.split(/[\\/]/).filter(Boolean));
  const nameOf = (own: readonly string[], length: number) => own.slice(-length).join('/') || 'in memory';
  return parts.map((own, nth) => {
    for (let length = 1; length < own.length; length++) {
      const name = nameOf(own, length);
      if (parts.every((other, at) => at === nth || nameOf(other, length) !== name)) return name;
    }
    return nameOf(own, Math.max(1, own.length));
  });
}

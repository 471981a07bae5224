import { useEffect, useState } from 'preact/hooks';

const dark = matchMedia('(prefers-color-scheme: dark)');

/** Whether the system asks for dark colors: canvases draw themselves again when it changes. */
export function useDark(): boolean {
  const [isDark, setDark] = useState(dark.matches);
  useEffect(() => {
    const follow = () => setDark(dark.matches);
    dark.addEventListener('change', follow);
    return () => dark.removeEventListener('change', follow);
  }, []);
  return isDark;
}

/** A color of the style sheet, for a canvas. */
export function colorOf(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

export const SERIES_COLORS = 8;

export function seriesColor(index: number): string {
  return colorOf(`series-${index % SERIES_COLORS}`);
}

// The first page: what the README says first, a picture, and where to go on.
import { summaryOf } from './markdown.ts';

/** Returns the text of the first page. Its sentences are those of the README. */
export function homeOf(readme: string, picture: string | undefined): string {
  const points = [...readme.matchAll(/^- \*\*(.+?)\*\*:? ?([\s\S]*?)(?=\n- |\n\n)/gm)].slice(0, 5);
  const plain = (text: string) =>
    text
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .replaceAll('`', '')
      .replace(/\s+/g, ' ')
      .replace(/^[:,] /, '')
      .trim();
  const features = points.map(([, title = '', details = '']) => ({
    title: plain(title).replace(/[.:]$/, ''),
    details: plain(details).replace(/^[a-z]/, (first) => first.toUpperCase()),
  }));
  const front = {
    layout: 'home',
    hero: {
      name: 'KohakuVault',
      text: 'One SQLite file for everything you keep',
      tagline: summaryOf(readme),
      image: { src: '/icon.svg', alt: '' },
      actions: [
        { theme: 'brand', text: 'Introduction', link: '/introduction' },
        { theme: 'alt', text: 'Guides', link: '/guides/kvault' },
        { theme: 'alt', text: 'Benchmarks', link: '/benchmarks' },
      ],
    },
    features,
  };
  const shown =
    picture === undefined
      ? ''
      : `\n<div class="home-picture">\n<img class="light-only" src="/${picture}-light.png" alt="The Studio shows what is in a file">` +
        `<img class="dark-only" src="/${picture}-dark.png" alt="The Studio shows what is in a file">\n</div>\n`;
  // JSON is YAML.
  return `---\n${JSON.stringify(front, null, 2)}\n---\n${shown}`;
}

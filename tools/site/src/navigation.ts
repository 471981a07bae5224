// The menu at the side. Pages are in it because they are there; only the order of guides is chosen.
import { titleOf } from './markdown.ts';

export interface Page {
  /** Its address, without `.md`. */
  readonly page: string;
  readonly text: string;
}

export interface Item {
  readonly text: string;
  readonly link?: string;
  readonly collapsed?: boolean;
  readonly items?: Item[];
}

const FIRST_GUIDES = ['kvault', 'columns', 'vector', 'text', 'ordered', 'packer', 'command-line', 'studio'];

const GROUPS: readonly { text: string; folder: string; collapsed?: boolean; first?: readonly string[] }[] = [
  { text: 'Guides', folder: 'guides', first: FIRST_GUIDES },
  { text: 'Adapters', folder: 'guides/adapters' },
  { text: 'Packages', folder: 'packages', collapsed: true },
  { text: 'Design', folder: 'design', collapsed: true },
  { text: 'Decisions', folder: 'decisions', collapsed: true },
];

/** Returns the menu of all pages. Those of `api` are in one of their own. */
export function menuOf(pages: readonly Page[]): Item[] {
  const single = pages.filter(({ page }) => !page.includes('/') && page !== 'index' && page !== 'introduction');
  const start: Item[] = [{ text: 'Introduction', link: '/introduction' }, ...single.map(itemOf)];
  const groups = GROUPS.map(({ text, folder, collapsed, first = [] }) => {
    const place = (page: string) => {
      const known = first.indexOf(page.slice(folder.length + 1));
      return known < 0 ? first.length : known;
    };
    const inFolder = pages.filter(
      ({ page }) => page.startsWith(`${folder}/`) && !page.slice(folder.length + 1).includes('/'),
    );
    const items = inFolder.toSorted((a, b) => place(a.page) - place(b.page)).map(itemOf);
    return { text, collapsed: collapsed ?? false, items };
  });
  return [{ text: 'Start', items: start }, ...groups.filter(({ items }) => items.length > 0)];
}

function itemOf({ page, text }: Page): Item {
  return { text: titleOf(text), link: `/${page.replace(/(^|\/)index$/, '$1')}` };
}

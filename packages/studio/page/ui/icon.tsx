/** Line icons, drawn here: a path each, in a square of 16. */
const PATHS = {
  search: 'M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10Zm3.6-1.4L14 14',
  copy: 'M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3',
  trash: 'M2.5 4.5h11M6 4.5v-2h4v2M4 4.5l.7 9h6.6l.7-9M6.7 7v4M9.3 7v4',
  edit: 'M2.5 13.5l.8-3 7.7-7.7 2.2 2.2-7.7 7.7zM9.5 4.3l2.2 2.2',
  download: 'M8 2v8M4.7 6.9 8 10.2l3.3-3.3M2.5 13.5h11',
  upload: 'M8 10.5v-8M4.7 5.6 8 2.3l3.3 3.3M2.5 13.5h11',
  close: 'M3.5 3.5l9 9M12.5 3.5l-9 9',
  menu: 'M2.5 4.5h11M2.5 8h11M2.5 11.5h11',
  keyboard: 'M1.5 4h13v8h-13zM4 6.5h.5M7 6.5h.5M10 6.5h.5M4.5 9.5h7',
  right: 'M6 3.5 10.5 8 6 12.5',
  down: 'M3.5 6 8 10.5 12.5 6',
  sort: 'M5 3v10M2.5 10.5 5 13l2.5-2.5M11 13V3M8.5 5.5 11 3l2.5 2.5',
  folder: 'M1.5 12.5v-9h4.3l1.5 2h7.2v7z',
  reset: 'M3 8a5 5 0 1 0 1.6-3.7M3 2.5v2.8h2.8',
  play: 'M5 3l8 5-8 5z',
  lasso:
    'M8 2.5c3.5 0 6 1.7 6 3.9s-2.5 3.9-6 3.9-6-1.7-6-3.9 2.5-3.9 6-3.9ZM5 10c-1.500 1-.8 2.6.7 2.3 1.300-.2 1.300 1.200.3 2',
  check: 'M3 8.5 6.5 12 13 4.500',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="1.4">
      <path d={PATHS[name]} stroke-linecap="round" stroke-linejoin="round" />
    </svg>
  );
}

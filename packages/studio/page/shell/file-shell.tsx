import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Overview, StudioFile, StudioInfo } from '../../src/api/types.ts';
import { shownError } from '../client/errors.ts';
import { useFollowed, useTurn } from '../client/live.ts';
import { apiAddress, get } from '../client/request.ts';
import { HereContext } from '../client/studio.ts';
import { useKeys } from '../lib/keyboard.ts';
import { useResource } from '../lib/resource.ts';
import { addressOf, goTo, type Route } from '../lib/router.ts';
import { Health } from '../overview/health.tsx';
import { ErrorState, Loading } from '../ui/message.tsx';
import { Help } from './help.tsx';
import { Sidebar } from './sidebar.tsx';
import { View } from './view.tsx';

/** How often the counts of the overview are read again, at most. */
const OVERVIEW_MS = 1_000;

export function FileShell({ studio, file, route }: { studio: StudioInfo; file: StudioFile; route: Route }) {
  const followed = useFollowed(file.id);
  const turn = useTurn(file.id, OVERVIEW_MS);
  const overview = useResource(file.id, (signal) => get<Overview>(apiAddress('overview', file.id), signal), {
    version: turn,
    keep: true,
  });
  const [help, setHelp] = useState(false);
  const view = useRef<HTMLElement>(null);
  const place = route.path.slice(0, 3).join('/');
  // A screen reader starts at the new view, and not where a link used to be.
  const isFirst = useRef(true);
  useEffect(() => {
    if (!isFirst.current) view.current?.focus();
    isFirst.current = false;
    const [, section, name] = route.path;
    document.title = [name, section ?? 'overview', file.name].filter(Boolean).join(' · ');
  }, [place, file.name]);

  const { data } = overview;
  const go = (...path: string[]) => goTo(addressOf([file.id, ...path]));
  useKeys('Everywhere', [
    { key: '?', what: 'Show or hide this help', run: () => setHelp((shown) => !shown) },
    { key: 'g o', what: 'Go to the overview', run: () => go() },
    { key: 'g k', what: 'Go to the keys', run: () => data?.kv[0] && go('keys', data.kv[0].table) },
    { key: 'g c', what: 'Go to the columns', run: () => go('columns') },
    { key: 'g v', what: 'Go to the vectors', run: () => data?.vectors[0] && go('vectors', data.vectors[0].table) },
    { key: 'g t', what: 'Go to the texts', run: () => data?.texts[0] && go('texts', data.texts[0].table) },
    { key: 'g s', what: 'Go to SQL', run: () => go('sql') },
  ]);
  const here = useMemo(
    () => data && { studio, file, overview: data, canWrite: !studio.readonly && !file.readonly },
    [studio, file, data],
  );

  return (
    <div class="shell">
      <a class="skip" href={location.hash} onClick={(event) => skipTo(event, view.current)}>
        Skip to the content
      </a>
      <Sidebar studio={studio} file={file} overview={data} route={route} showHelp={() => setHelp(true)} />
      <main class="content" ref={view} tabIndex={-1}>
        {followed.gone !== undefined ? (
          <ErrorState
            error={{
              title: 'The file has gone',
              message: followed.gone,
              hint: 'It was deleted, moved or replaced. Start the Studio again with the file that you want.',
              code: 'STUDIO_GONE',
            }}
          />
        ) : overview.error ? (
          <div class="view-body padded overview">
            <h1>{file.name}</h1>
            <ErrorState error={shownError(overview.error)} retry={overview.reload} />
            <Health file={file.id} />
          </div>
        ) : here ? (
          <HereContext.Provider value={here}>
            <View route={route} />
          </HereContext.Provider>
        ) : (
          <Loading what="Opening the file" />
        )}
      </main>
      {help && <Help close={() => setHelp(false)} />}
    </div>
  );
}

function skipTo(event: MouseEvent, view: HTMLElement | null): void {
  event.preventDefault();
  view?.focus();
}

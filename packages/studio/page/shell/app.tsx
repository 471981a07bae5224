import { useEffect } from 'preact/hooks';
import type { StudioInfo } from '../../src/api/types.ts';
import { shownError } from '../client/errors.ts';
import { LiveContext, useEvents } from '../client/live.ts';
import { apiAddress, get } from '../client/request.ts';
import { useResource } from '../lib/resource.ts';
import { addressOf, goTo, parseRoute, useRoute } from '../lib/router.ts';
import { EmptyState, ErrorState, Loading } from '../ui/message.tsx';
import { Notices } from '../ui/notices.tsx';
import { FileShell } from './file-shell.tsx';

export function App() {
  const live = useEvents();
  const route = useRoute();
  const studio = useResource('studio', (signal) => get<StudioInfo>(apiAddress('studio'), signal));
  const [id] = route.path;
  const first = studio.data?.files[0]?.id;
  useEffect(() => {
    // The address itself, since the person may have gone somewhere since this was drawn.
    const isNowhere = parseRoute(location.hash).path.length === 0;
    if (isNowhere && first !== undefined) goTo(addressOf([first]), { replace: true });
  }, [id, first]);

  if (studio.error) {
    return (
      <main>
        <h1 class="hidden-label">Studio</h1>
        <ErrorState error={shownError(studio.error)} retry={studio.reload} />
      </main>
    );
  }
  if (!studio.data) return <Loading what="Opening" />;
  const file = studio.data.files.find((each) => each.id === id);
  return (
    <LiveContext.Provider value={live}>
      {file ? (
        <FileShell key={file.id} studio={studio.data} file={file} route={route} />
      ) : (
        id !== undefined && (
          <main>
            <EmptyState title="There is no such file here">
              <p>
                The address names a file that this Studio does not show. <a href="#/">Go to the first file.</a>
              </p>
            </EmptyState>
          </main>
        )
      )}
      <Notices />
    </LiveContext.Provider>
  );
}

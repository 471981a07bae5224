import { ColumnsView } from '../columns/columns-view.tsx';
import { KeysView } from '../keys/keys-view.tsx';
import type { Route } from '../lib/router.ts';
import { OverviewView } from '../overview/overview-view.tsx';
import { SqlView } from '../sql/sql-view.tsx';
import { TextView } from '../text/text-view.tsx';
import { EmptyState } from '../ui/message.tsx';
import { VectorView } from '../vectors/vector-view.tsx';

/** The view that the address names. */
export function View({ route }: { route: Route }) {
  const [, section, name = ''] = route.path;
  switch (section) {
    case undefined:
      return <OverviewView />;
    case 'keys':
      return <KeysView key={name} table={name} query={route.query} />;
    case 'columns':
      return <ColumnsView query={route.query} />;
    case 'vectors':
      return <VectorView key={name} table={name} query={route.query} />;
    case 'texts':
      return <TextView key={name} table={name} query={route.query} />;
    case 'sql':
      return <SqlView query={route.query} />;
    default:
      return (
        <EmptyState title="There is no such view">
          <p>Choose one at the side.</p>
        </EmptyState>
      );
  }
}

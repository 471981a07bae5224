import type { PlanRequest } from '../../src/api/types.ts';
import { PlanDialog } from '../changes/plan-dialog.tsx';

export function DeleteDialog({ request, close, done }: { request: PlanRequest; close: () => void; done: () => void }) {
  const isOne = request.kind === 'delete' && request.keys.length === 1;
  return (
    <PlanDialog
      title={isOne ? 'Delete this key?' : 'Delete these keys?'}
      request={request}
      action="Delete"
      isDanger
      close={close}
      done={done}
    />
  );
}

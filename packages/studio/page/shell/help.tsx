import { activeKeys } from '../lib/keyboard.ts';
import { Dialog } from '../ui/dialog.tsx';

const NAMES: Readonly<Record<string, string>> = {
  ArrowDown: '↓',
  ArrowUp: '↑',
  ArrowLeft: '←',
  ArrowRight: '→',
  ' ': 'Space',
  Escape: 'Esc',
  Delete: 'Del',
};

/** The keys that do something in the present view. */
export function Help({ close }: { close: () => void }) {
  return (
    <Dialog title="Keys" close={close}>
      {activeKeys().map(({ title, bindings }) => (
        <section key={title}>
          <h3>{title}</h3>
          <dl class="key-list">
            {bindings.map(({ key, what }) => [
              <dt key={`${key} key`}>
                {key === ' ' ? (
                  <kbd>Space</kbd>
                ) : (
                  key.split(' ').map((each) => <kbd key={each}>{NAMES[each] ?? each}</kbd>)
                )}
              </dt>,
              <dd key={key}>{what}</dd>,
            ])}
          </dl>
        </section>
      ))}
      <div class="toolbar modal-actions">
        <button type="button" class="button main" onClick={close}>
          Close
        </button>
      </div>
    </Dialog>
  );
}

import { Button, Dialog } from '@slipway/ui';
import { SHORTCUTS } from './use-shortcuts.ts';

export function Help({ onClose }: { readonly onClose: () => void }) {
  return (
    <Dialog title="Keyboard shortcuts" onClose={onClose}>
      <div className="panel-body stack">
        <dl className="facts">
          {SHORTCUTS.map(([keys, what]) => (
            <div key={keys} className="facts-row">
              <dt>
                <kbd>{keys}</kbd>
              </dt>
              <dd>{what}</dd>
            </div>
          ))}
        </dl>
        <div className="row">
          <span className="grow" />
          <Button onClick={onClose} autoFocus>
            Close
          </Button>
        </div>
      </div>
    </Dialog>
  );
}

import { Button, Dialog } from '@slipway/ui';
import { ShortcutList } from './shortcut-list.tsx';

export function Help({ onClose }: { readonly onClose: () => void }) {
  return (
    <Dialog title="Keyboard shortcuts" onClose={onClose}>
      <div className="panel-body stack">
        <ShortcutList />
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

import { Button, Dialog } from '@slipway/ui';

/** Somebody goes away from what is not saved. */
export function LeaveDialog({ onStay, onLeave }: { readonly onStay: () => void; readonly onLeave: () => void }) {
  return (
    <Dialog title="Leave without saving?" onClose={onStay}>
      <div className="panel-body stack">
        <p>What you wrote is kept in this browser, without secrets, and is there when you come back.</p>
        <div className="row">
          <Button look="primary" onClick={onStay}>
            Stay here
          </Button>
          <Button onClick={onLeave}>Leave</Button>
        </div>
      </div>
    </Dialog>
  );
}

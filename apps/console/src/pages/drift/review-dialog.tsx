import { Button, Dialog } from '@slipway/ui';
import { type ReactNode, useState } from 'react';
import { KINDS } from '../../hub/kinds.ts';
import type { Cluster } from '../../hub/objects.ts';
import { client } from '../../hub/session.ts';
import { Problem } from '../problem-pages.tsx';

/** A change of the cluster as it will be written; nothing happens before it is confirmed. */
export function ReviewDialog(props: {
  readonly cluster: Cluster;
  readonly title: string;
  readonly patch: object;
  readonly because?: string | undefined;
  readonly onClose: () => void;
  readonly children: ReactNode;
}) {
  const { cluster, title, patch, because, onClose, children } = props;
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const { name, namespace } = cluster.metadata;
  const write = () => {
    setBusy(true);
    client.patch({ kind: KINDS.clusters, project: namespace, name }, patch).then(onClose, (failed: unknown) => {
      setBusy(false);
      setError(failed);
    });
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <div className="panel-body stack drift-review">
        {children}
        <details>
          <summary>What is written</summary>
          <pre className="code" tabIndex={0}>
            {JSON.stringify(patch, null, 2)}
          </pre>
        </details>
        {error !== undefined && <Problem error={error} />}
        <div className="row">
          <Button look="primary" because={busy ? 'It is being written.' : because} onClick={write}>
            Confirm
          </Button>
          <Button onClick={onClose}>Cancel</Button>
        </div>
      </div>
    </Dialog>
  );
}

import { Button, Dialog } from '@slipway/ui';
import { useState } from 'react';
import { KINDS } from '../../hub/kinds.ts';
import type { Cluster } from '../../hub/objects.ts';
import { client } from '../../hub/session.ts';
import { Problem } from '../problem-pages.tsx';

/** Giving up a cluster that is being made is deleting it: what was made of it goes. */
export function CancelDialog({ cluster, onClose }: { readonly cluster: Cluster; readonly onClose: () => void }) {
  const { name, namespace, uid } = cluster.metadata;
  const [typed, setTyped] = useState('');
  const [error, setError] = useState<unknown>();
  const remove = () => void client.delete({ kind: KINDS.clusters, project: namespace, name }, { uid }).then(onClose, setError);
  return (
    <Dialog title={`Cancel the creation of ${name}`} onClose={onClose}>
      <div className="panel-body stack">
        <p>
          The cluster is deleted: its machines, its pools and everything that was made for them go. Its profile, the cloud account and the
          gateway stay.
        </p>
        <label className="stack">
          <span>
            Type <strong>{name}</strong> to go on
          </span>
          <input className="field" value={typed} onChange={({ target }) => setTyped(target.value)} />
        </label>
        {error !== undefined && <Problem error={error} />}
        <div className="row">
          <Button look="danger" because={typed === name ? undefined : `Type ${name} first.`} onClick={remove}>
            Delete the cluster
          </Button>
          <Button onClick={onClose}>Keep it</Button>
        </div>
      </div>
    </Dialog>
  );
}

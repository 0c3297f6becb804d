import { Button, Panel } from '@slipway/ui';
import { useNavigate } from '@tanstack/react-router';
import { Trash2 } from 'lucide-react';
import { useState } from 'react';
import { useWhyNot } from '../../hub/access.ts';
import { KINDS } from '../../hub/kinds.ts';
import { DeleteDialog } from '../kinds/delete-dialog.tsx';
import type { SectionProps } from './settings-tab.tsx';
import { WhatGoes } from './what-goes.tsx';

/** What cannot be taken back. */
export function DangerSection({ cluster, pools }: SectionProps) {
  const [asked, setAsked] = useState(false);
  const navigate = useNavigate();
  const why = useWhyNot('delete', KINDS.clusters, cluster.metadata.namespace);
  const because = cluster.metadata.deletionTimestamp === undefined ? why : 'It is being deleted already.';
  const machines = cluster.spec.controlPlane.replicas + pools.reduce((sum, { spec }) => sum + spec.replicas, 0);
  return (
    <Panel title="Delete" flush>
      <div className="setting">
        <span className="grow">
          <span className="setting-name">Delete this cluster</span>
          <span className="quiet block">
            {machines === 1 ? 'Its machine goes' : `Its ${machines} machines go`}, with every workload and volume on them. You are shown
            what goes and what stays first.
          </span>
        </span>
        <Button look="danger" because={because} onClick={() => setAsked(true)}>
          <Trash2 size={15} aria-hidden />
          Delete cluster
        </Button>
      </div>
      {asked && (
        <DeleteDialog
          kind={KINDS.clusters}
          object={cluster}
          onClose={() => setAsked(false)}
          onDeleted={() =>
            void navigate({
              to: '/clusters/list/$in/$name',
              params: { in: cluster.metadata.namespace ?? '', name: cluster.metadata.name },
              search: {},
            })
          }
        >
          <WhatGoes cluster={cluster} pools={pools} />
        </DeleteDialog>
      )}
    </Panel>
  );
}

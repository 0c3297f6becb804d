import type { KindAddress } from '@slipway/api/browser';
import type { ApiObject } from '@slipway/model';
import { Button, Dialog, Notice } from '@slipway/ui';
import { TriangleAlert } from 'lucide-react';
import { type ReactNode, useEffect, useId, useState } from 'react';
import { client } from '../../hub/session.ts';
import { Problem } from '../problem-pages.tsx';

/** What of an object its deletion needs; a row of a table has that too. */
export interface Deletable {
  readonly metadata: Pick<ApiObject['metadata'], 'name' | 'namespace' | 'uid'>;
}

interface DeleteDialogProps {
  readonly kind: KindAddress;
  readonly object: Deletable;
  readonly onClose: () => void;
  readonly onDeleted: () => void;
  /** What goes and what stays, where that is more than a sentence. */
  readonly children?: ReactNode;
}

/** What else goes with an object of a kind, or stays; what is not named here goes alone. */
const CONSEQUENCES: Readonly<Record<string, string>> = {
  Cluster:
    'Machines, volumes and networks that Slipway made for it go, with everything that runs on them. Its profile, the cloud account and the gateway, backups elsewhere and what was made outside of Slipway stay.',
  Project: 'The project must be empty: clusters and everything else in it stay until they are deleted themselves.',
  User: 'Their sessions, keys and open connections end at once. What they made stays.',
  Team: 'Its members stay, without the rights that they had through it.',
  Role: 'Bindings that name it stay, and give nothing.',
  RoleBinding: 'Its subjects lose what it gave them at once; watches, terminals and tunnels end within seconds.',
  ProjectRoleBinding: 'Its subjects lose what it gave them at once; watches, terminals and tunnels end within seconds.',
  Registry: 'Its packs leave the catalogue. Clusters keep what is installed, from the copies that the hub has.',
  CloudAccount: 'It must not be used by a cluster any more.',
  Gateway: 'It must not be used by a cluster any more. Its machines stay where they are.',
  ServiceAccount: 'Its keys and tokens end at once.',
  ApiKey: 'Whoever uses it is refused at once.',
  IdentityProvider: 'People who sign in by it can no longer; their sessions end.',
  Macro: 'Profiles that use it are refused from then on; running clusters keep what is applied until their next change.',
};

/** Deletes one object of this version after its name was typed; the hub is asked first whether it would. */
export function DeleteDialog({ kind, object, onClose, onDeleted, children }: DeleteDialogProps) {
  const { name, namespace, uid } = object.metadata;
  const [typed, setTyped] = useState('');
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const id = useId();
  const foretold = useForetold(kind, object);
  const because = refusal({ asked: foretold.asked, refused: foretold.refused !== undefined, busy, named: typed === name });
  const remove = async () => {
    setBusy(true);
    try {
      await client.delete({ kind, project: namespace, name }, { uid });
      onDeleted();
    } catch (caught) {
      setError(caught);
      setBusy(false);
    }
  };
  return (
    <Dialog title={`Delete ${name}?`} onClose={onClose}>
      <form
        className="panel-body stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (because === undefined) void remove();
        }}
      >
        <p>{CONSEQUENCES[kind.kind] ?? 'It goes alone.'} This cannot be undone; its YAML can be copied before.</p>
        {children}
        {foretold.warnings.map((warning) => (
          <Notice key={warning} icon={TriangleAlert} tone="warn">
            <p>{warning}</p>
          </Notice>
        ))}
        {foretold.refused !== undefined && <Problem error={foretold.refused} />}
        {error !== undefined && <Problem error={error} />}
        <div className="form-row">
          <label htmlFor={id}>
            Type <code>{name}</code> to confirm
          </label>
          <input id={id} className="field" autoComplete="off" autoFocus value={typed} onChange={(event) => setTyped(event.target.value)} />
        </div>
        <div className="row">
          <Button type="submit" look="danger" because={because}>
            Delete {name}
          </Button>
          <Button onClick={onClose}>Cancel</Button>
        </div>
      </form>
    </Dialog>
  );
}

function refusal(state: { readonly asked: boolean; readonly refused: boolean; readonly busy: boolean; readonly named: boolean }) {
  if (state.busy) return 'It is being deleted';
  if (!state.asked) return 'The hub is being asked whether it would';
  if (state.refused) return 'The hub would refuse it';
  return state.named ? undefined : 'Type the name first';
}

/** What the hub says before anything is deleted: what it does to clusters, or why it would refuse. */
function useForetold(kind: KindAddress, { metadata: { name, namespace, uid } }: Deletable) {
  const [told, setTold] = useState<{ asked: boolean; refused?: unknown; warnings: readonly string[] }>({ asked: false, warnings: [] });
  useEffect(() => {
    const left = new AbortController();
    const warnings: string[] = [];
    const onWarning = (warning: string) => void warnings.push(warning);
    client.delete({ kind, project: namespace, name }, { uid, dryRun: true, signal: left.signal, onWarning }).then(
      () => setTold({ asked: true, warnings }),
      (refused: unknown) => {
        if (!left.signal.aborted) setTold({ asked: true, refused, warnings });
      },
    );
    return () => left.abort();
  }, [kind, name, namespace, uid]);
  return told;
}

import type { ApiObject, ProjectRoleBindingSpec, RoleBindingSpec, RoleSpec } from '@slipway/model';
import { clusterCan } from '@slipway/model/browser';
import { Button, Notice, Panel, Skeleton } from '@slipway/ui';
import { Copy, Download, KeyRound } from 'lucide-react';
import { useState } from 'react';
import { KINDS } from '../../hub/kinds.ts';
import type { Cluster } from '../../hub/objects.ts';
import { useSession } from '../../state/session-context.ts';
import { useObjects } from '../../state/use-live.ts';
import { copyText, saveText } from '../../dock/save-text.ts';
import { Problem } from '../problem-pages.tsx';
import { LIFETIMES, makeKubeconfig } from './kubeconfig.ts';
import { reachersOf } from './reachers.ts';

/** The ways into a cluster, and who has them. */
// oxlint-disable-next-line import/no-default-export -- React.lazy takes the default export.
export default function AccessTab({ cluster }: { readonly cluster: Cluster }) {
  const { name, namespace: project = 'default' } = cluster.metadata;
  return (
    <div className="columns">
      <div className="stack">
        <Kubeconfig cluster={cluster} />
        <Commands name={name} project={project} />
      </div>
      <Reachers name={name} project={project} />
    </div>
  );
}

function Kubeconfig({ cluster }: { readonly cluster: Cluster }) {
  const { user } = useSession();
  const { name, namespace: project = 'default' } = cluster.metadata;
  const [hours, setHours] = useState<number>(12);
  const [made, setMade] = useState<string>();
  const [error, setError] = useState<unknown>();
  const reach = clusterCan.reach(cluster);
  const download = () => {
    setError(undefined);
    makeKubeconfig({ project, name }, user, hours).then(({ text, key }) => {
      saveText(`${name}.kubeconfig`, text);
      setMade(key);
    }, setError);
  };
  return (
    <Panel title="Kubeconfig">
      <div className="stack">
        <p>
          For kubectl and everything that reads a kubeconfig: its server is the hub, which asks the cluster through its agent as you. It
          holds a key of yours for this cluster alone; keep it private. Making and downloading it is recorded.
        </p>
        <div className="row wrap">
          <label className="row">
            <span>It works for</span>
            <select className="field" value={hours} onChange={({ target }) => setHours(Number(target.value))}>
              {LIFETIMES.map(([value, words]) => (
                <option key={value} value={value}>
                  {words}
                </option>
              ))}
            </select>
          </label>
          <Button look="primary" onClick={download}>
            <Download size={15} aria-hidden />
            Download kubeconfig
          </Button>
        </div>
        {!reach.yes && <p className="quiet small">{reach.because} The kubeconfig works as soon as it is.</p>}
        {made !== undefined && (
          <Notice icon={KeyRound} role="status">
            <p>
              Downloaded. Its key is <code>{made}</code>; deleting that ends it at once: <code>slipway delete apikey {made}</code>
            </p>
          </Notice>
        )}
        {error !== undefined && <Problem error={error} />}
      </div>
    </Panel>
  );
}

function Commands({ name, project }: { readonly name: string; readonly project: string }) {
  const commands = [
    ['A kubeconfig in yours', `slipway kubeconfig ${name} -p ${project} --merge`],
    ['kubectl, without installing it', `slipway kubectl --cluster ${name} -p ${project} -- get pods -A`],
    ['How it is, and why', `slipway describe cluster ${name} -p ${project}`],
    ['What differs', `slipway drift list ${name} -p ${project}`],
    ['As it changes', `slipway get cluster ${name} -p ${project} -w`],
  ] as const;
  return (
    <Panel title="By command line">
      <dl className="facts">
        {commands.map(([what, command]) => (
          <div key={command} className="facts-row">
            <dt>{what}</dt>
            <dd className="row">
              <code className="grow">{command}</code>
              <Button look="icon" aria-label={`Copy: ${command}`} onClick={() => copyText(command)}>
                <Copy size={14} aria-hidden />
              </Button>
            </dd>
          </div>
        ))}
      </dl>
    </Panel>
  );
}

function Reachers({ name, project }: { readonly name: string; readonly project: string }) {
  const roles = useObjects<ApiObject<RoleSpec>>(KINDS.roles);
  const tenant = useObjects<ApiObject<RoleBindingSpec>>(KINDS.rolebindings);
  const own = useObjects<ApiObject<ProjectRoleBindingSpec>>(KINDS.projectrolebindings, project);
  const failed = [roles, tenant, own].find(({ state }) => state === 'failed');
  const found = reachersOf(project, name, [...tenant.items, ...own.items], roles.items);
  return (
    <Panel title="Who can reach it" flush>
      {failed !== undefined && (
        <div className="panel-body">
          <Problem error={failed.error} />
        </div>
      )}
      {failed === undefined && roles.state === 'loading' && (
        <div className="panel-body">
          <Skeleton lines={4} />
        </div>
      )}
      {failed === undefined && found.length === 0 && roles.state === 'ready' && (
        <p className="quiet panel-body">No binding of this tenant or project gives anybody a way in.</p>
      )}
      {found.length > 0 && (
        <div className="table-scroll" tabIndex={0} role="group" aria-label="Who can reach it">
          <table className="table">
            <thead>
              <tr>
                <th>Who</th>
                <th>Inside</th>
                <th>By</th>
              </tr>
            </thead>
            <tbody>
              {found.map(({ who, role, inside, through, selector }) => (
                <tr key={`${who}${through}`}>
                  <td>{who}</td>
                  <td>{inside}</td>
                  <td>
                    role {role}
                    <span className="quiet block">
                      {through}
                      {selector === undefined ? '' : `, while it has ${selector}`}
                    </span>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <p className="quiet small panel-body">
        Operators of the installation reach it too, by bindings of the tenant “system”. Whoever goes in is recorded.
      </p>
    </Panel>
  );
}

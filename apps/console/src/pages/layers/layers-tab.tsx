import { Ago, Empty, Panel, Status } from '@slipway/ui';
import { Link } from '@tanstack/react-router';
import { CircleArrowUp, CircleDashed, CircleDot, Layers, Replace } from 'lucide-react';
import { KINDS } from '../../hub/kinds.ts';
import type { Cluster, Pack } from '../../hub/objects.ts';
import { useProfiles } from '../../hub/profiles.ts';
import { useObjects } from '../../state/use-live.ts';
import { LayerState } from '../clusters/cluster-status.tsx';
import { profilePath } from '../profiles/profile-place.ts';
import { RenderedValues } from './rendered-values.tsx';
import { type StackRow, stackRows } from './stack-rows.ts';

/** The stack as it is in the cluster now, and what each layer of it is told. */
// oxlint-disable-next-line import/no-default-export -- React.lazy takes the default export.
export default function LayersTab({ cluster }: { readonly cluster: Cluster }) {
  const project = cluster.metadata.namespace ?? '';
  const { profiles } = useProfiles(project);
  const packs = useObjects<Pack>(KINDS.packs).items;
  const own = useObjects<Pack>(KINDS.projectpacks, project).items;
  const rows = stackRows(cluster, profiles, [...own, ...packs]);
  return (
    <div className="stack">
      <Panel
        title="Layers"
        flush
        aside={
          <span className="quiet">
            {rows.filter(({ fact }) => fact?.state === 'Ready').length} of {rows.length} ready
          </span>
        }
      >
        {rows.length === 0 ? (
          <Empty icon={Layers} title="No layers yet">
            <p>They come with the profile, once it is resolved.</p>
          </Empty>
        ) : (
          <div className="table-scroll" tabIndex={0} role="group" aria-label="Layers">
            <table className="table">
              <thead>
                <tr>
                  <th>Layer</th>
                  <th>State</th>
                  <th>Version</th>
                  <th>Otherwise here</th>
                  <th>What it says</th>
                  <th>Since</th>
                </tr>
              </thead>
              <tbody>
                {rows.map((row) => (
                  <LayerRow key={row.name} row={row} project={project} />
                ))}
              </tbody>
            </table>
          </div>
        )}
      </Panel>
      <RenderedValues cluster={cluster} />
    </div>
  );
}

function LayerRow({ row, project }: { readonly row: StackRow; readonly project: string }) {
  const { name, displayName, fact, overridden } = row;
  return (
    <tr>
      <td>
        <Link to="." search={(before) => ({ ...before, layer: name })}>
          {displayName ?? name}
        </Link>
        {displayName !== undefined && <code className="quiet small block">{name}</code>}
      </td>
      <td>{fact === undefined ? <Status icon={CircleDashed} tone="quiet" word="Not there yet" /> : <LayerState state={fact.state} />}</td>
      <td>
        <LayerVersion row={row} project={project} />
      </td>
      <td>
        {overridden.length === 0 ? (
          <span className="quiet">nothing</span>
        ) : (
          <span className="status">
            <CircleDot size={13} className="tone-warn" aria-hidden />
            <span>
              {overridden.map((path) => (
                <code key={path} className="block">
                  {path}
                </code>
              ))}
            </span>
          </span>
        )}
      </td>
      <td className="message">
        {fact?.reason}
        {(fact?.message ?? '') !== '' && <span className="quiet block">{fact?.message}</span>}
      </td>
      <td>
        <Ago time={fact === undefined || fact.since === '' ? undefined : fact.since} />
      </td>
    </tr>
  );
}

/** What its profile says it is, what is newer in the catalogue, and what is installed now when that is something else. */
function LayerVersion({ row, project }: { readonly row: StackRow; readonly project: string }) {
  const { name, ref, content, pinned, installed } = row;
  return (
    <>
      {content !== undefined && <span className="mono block">{content}</span>}
      {installed !== undefined && <span className="small block quiet mono">installed: {installed}</span>}
      {pinned?.newer !== undefined && ref !== undefined && (
        <Link
          className="status small"
          to={profilePath({ scope: ref.scope, name: ref.name, ...(ref.scope === 'project' ? { project } : {}) })}
          search={(before) => ({ project: before.project, version: ref.version, layer: name })}
          title="Make a version of the profile with it, and move the cluster there."
        >
          <CircleArrowUp size={13} className="tone-busy" aria-hidden />
          {pinned.newer} is there
        </Link>
      )}
      {pinned?.moved !== undefined && (
        <span className="status small">
          <Replace size={13} className="tone-warn" aria-hidden />
          replaced in its registry
        </span>
      )}
    </>
  );
}

import type { PackVersion } from '@slipway/model';
import { Empty, Panel, Skeleton, Status } from '@slipway/ui';
import { Link, useParams, useSearch } from '@tanstack/react-router';
import { BookOpen, CircleCheck, Replace, ShieldCheck, ShieldOff, TriangleAlert } from 'lucide-react';
import { KINDS } from '../../hub/kinds.ts';
import type { Pack } from '../../hub/objects.ts';
import { usePackInfo } from '../../hub/use-pack-info.ts';
import { PageHead } from '../../shell/page-title.tsx';
import { useObjects } from '../../state/use-live.ts';
import { NotFoundPage, Problem, RefusedPage } from '../problem-pages.tsx';
import { AcceptMoved } from './accept-moved.tsx';
import { PackValues } from './pack-values.tsx';
import { Readme } from './readme.tsx';

/** A pack of the catalogue: its versions with digest and signature, those that were replaced, and what the chosen one says of itself. */
// oxlint-disable-next-line import/no-default-export -- the router loads it from the default export.
export default function PackPage() {
  const { name } = useParams({ from: '/clusters/packs/packs/$name' });
  const { version: asked } = useSearch({ from: '/clusters/packs/packs/$name' });
  const found = useObjects<Pack>(KINDS.packs, undefined, `metadata.name=${name}`);
  const pack = found.items[0];
  const version = asked ?? pack?.spec.latest ?? pack?.spec.versions[0]?.version;
  if (pack === undefined) {
    if (found.state === 'failed' && found.error !== undefined) return <RefusedPage title={name} error={found.error} />;
    return found.state === 'ready' ? <NotFoundPage what={`Pack “${name}”`} /> : <Skeleton lines={8} />;
  }
  const { spec, status } = pack;
  return (
    <>
      <PageHead
        title={spec.displayName ?? spec.name}
        parent={{ to: '/clusters/packs', title: 'Packs & registries' }}
        beside={spec.deprecated && <Status icon={TriangleAlert} tone="warn" word="Deprecated" />}
      />
      <p className="lead quiet">
        {spec.name} of the registry {spec.registry}. {spec.description}
      </p>
      {(status?.moved ?? []).map((moved) => (
        <AcceptMoved key={moved.version} pack={pack} moved={moved} />
      ))}
      <div className="columns">
        <About pack={pack} version={version} />
        <Versions pack={pack} chosen={version} />
      </div>
    </>
  );
}

function Versions({ pack: { spec, status }, chosen }: { readonly pack: Pack; readonly chosen: string | undefined }) {
  const moved = new Set((status?.moved ?? []).map(({ version }) => version));
  return (
    <Panel title="Versions" flush aside={spec.more && <span className="quiet">the newest only</span>}>
      <div className="table-scroll" tabIndex={0} role="group" aria-label="Versions">
        <table className="table">
          <thead>
            <tr>
              <th>Version</th>
              <th>Content</th>
            </tr>
          </thead>
          <tbody>
            {spec.versions.map((one) => (
              <tr key={one.version}>
                <td>
                  <Link
                    to="."
                    search={(before) => ({ ...before, version: one.version })}
                    aria-current={one.version === chosen ? 'true' : undefined}
                  >
                    {one.version}
                  </Link>
                  {one.kubernetes !== undefined && <span className="quiet small block">Kubernetes {one.kubernetes}</span>}
                  {one.architectures !== undefined && <span className="quiet small block">{one.architectures.join(', ')}</span>}
                </td>
                <td>
                  <span className="mono block" title={one.digest}>
                    {one.digest === undefined ? '–' : `${one.digest.slice(0, 19)}…`}
                  </span>
                  <Standing version={one} moved={moved.has(one.version)} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}

function Standing({ version, moved }: { readonly version: PackVersion; readonly moved: boolean }) {
  if (moved) return <Status icon={Replace} tone="warn" word="Replaced in its registry" />;
  if (version.withdrawn === true) return <Status icon={TriangleAlert} tone="warn" word="Withdrawn" />;
  if (version.signedBy !== undefined) return <Status icon={ShieldCheck} tone="ok" word={`Signed by ${version.signedBy}`} />;
  if (version.unsigned !== undefined) return <Status icon={ShieldOff} tone="warn" word="Not signed" title={version.unsigned} />;
  return <Status icon={CircleCheck} tone="quiet" word="As it was seen first" />;
}

function About({ pack, version }: { readonly pack: Pack; readonly version: string | undefined }) {
  const { info, problem } = usePackInfo(pack, version);
  if (problem !== undefined) return <Problem error={problem} />;
  if (info === undefined) return <Skeleton lines={10} />;
  const { metadata } = info;
  const constraints = metadata.constraints;
  const asks = [
    ...constraints.dependencies.map(
      ({ pack: name, version: range, type }) =>
        `${type === 'conflicts' ? 'no ' : ''}${name} ${range}${type === 'optional' ? ' (if there is one)' : ''}`,
    ),
    ...(constraints.kubernetes === undefined ? [] : [`Kubernetes ${constraints.kubernetes}`]),
    ...(constraints.clouds.length === 0 ? [] : [`clouds: ${constraints.clouds.join(', ')}`]),
    ...(constraints.architectures.length === 0 ? [] : [`machines: ${constraints.architectures.join(', ')}`]),
  ];
  return (
    <div className="stack">
      <Panel title={`Version ${version ?? ''}`}>
        <dl className="facts">
          <dt>Needs</dt>
          <dd>{asks.join('; ') || 'nothing in particular'}</dd>
          <dt>Presets</dt>
          <dd>{metadata.presets.map(({ name }) => name).join(', ') || 'none'}</dd>
          <dt>Digest</dt>
          <dd className="mono">{info.digest}</dd>
        </dl>
        {metadata.upgradeNotes !== undefined && (
          <section className="pack-notes" aria-label="Notes for moving to this version">
            <h3>Moving to this version</h3>
            <Readme text={metadata.upgradeNotes} />
          </section>
        )}
      </Panel>
      <Panel title="README">
        {info.readme === undefined ? (
          <Empty icon={BookOpen} title="No README">
            <p>The pack says nothing more about itself.</p>
          </Empty>
        ) : (
          <Readme text={info.readme} />
        )}
      </Panel>
      <PackValues info={info} />
    </div>
  );
}

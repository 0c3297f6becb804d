import type { ProfileVersion } from '@slipway/model';
import { Button, Notice, Skeleton, Status } from '@slipway/ui';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { CircleCheck, CircleX, Clock, Pencil, Users } from 'lucide-react';
import { useWhyNot } from '../../hub/access.ts';
import { KINDS } from '../../hub/kinds.ts';
import type { Cluster, Pack, Profile } from '../../hub/objects.ts';
import { PageHead } from '../../shell/page-title.tsx';
import { useObjects } from '../../state/use-live.ts';
import { NotFoundPage, Problem, RefusedPage } from '../problem-pages.tsx';
import { Compare } from './compare.tsx';
import { LayerPanel } from './layer-panel.tsx';
import { Library } from './library.tsx';
import { PROFILE_KINDS, type ProfilePlace, placeAt, SCOPE_WORDS } from './profile-place.ts';
import './profiles.css';
import { StackView } from './stack-view.tsx';
import { useVerdict, type Verdict } from './use-verdict.ts';
import { useWorkingVersion, type Working } from './use-working-version.ts';
import { VariableList } from './variable-list.tsx';
import { VariablePanel } from './variable-panel.tsx';
import { VersionsBar } from './versions-bar.tsx';
import { withNewLayer } from './working-copy.ts';

/** The builder: packs to the left, the stack in the middle, the selected layer to the right. */
// oxlint-disable-next-line import/no-default-export -- the router loads it from the default export.
export default function ProfilePage() {
  const { in: within, name } = useParams({ from: '/clusters/profiles/$in/$name' });
  const place = placeAt(within, name);
  return place === undefined ? <NotFoundPage what={`Profile “${name}”`} /> : <ProfileAt key={`${within}/${name}`} place={place} />;
}

function ProfileAt({ place }: { readonly place: ProfilePlace }) {
  const { version: asked } = useSearch({ from: '/clusters/profiles/$in/$name' });
  const found = useObjects<Profile>(PROFILE_KINDS[place.scope], place.project, `metadata.name=${place.name}`);
  const profile = found.items[0];
  if (profile === undefined) {
    if (found.state === 'failed' && found.error !== undefined) return <RefusedPage title={place.name} error={found.error} />;
    return found.state === 'ready' ? <NotFoundPage what={`Profile “${place.name}”`} /> : <Skeleton lines={8} />;
  }
  const stored = profile.spec.versions.find(({ version }) => version === asked) ?? newestOf(profile);
  if (stored === undefined) return <NotFoundPage what={`Profile “${place.name}”`} />;
  return <Builder key={stored.version} profile={profile} place={place} stored={stored} />;
}

/** The newest that was published, else the last that was written. */
const newestOf = ({ spec, status }: Profile): ProfileVersion | undefined =>
  spec.versions.find(({ version }) => version === status?.latest) ?? spec.versions.at(-1);

interface BuilderProps {
  readonly profile: Profile;
  readonly place: ProfilePlace;
  readonly stored: ProfileVersion;
}

function Builder({ profile, place, stored }: BuilderProps) {
  const { layer: selected, variable, with: other } = useSearch({ from: '/clusters/profiles/$in/$name' });
  const navigate = useNavigate({ from: '/clusters/profiles/$in/$name' });
  const packs = useObjects<Pack>(KINDS.packs);
  const ownPacks = useObjects<Pack>(KINDS.projectpacks, place.project);
  const clusters = useObjects<Cluster>(KINDS.clusters, place.project);
  const forbidden = useWhyNot('patch', PROFILE_KINDS[place.scope], place.project);
  const working = useWorkingVersion(profile, place, stored);
  const isDraft = stored.state === 'draft';
  const verdict = useVerdict(profile, place, isDraft ? working.version : undefined);
  const fixed = isDraft ? forbidden : 'This version is published and stays as it is. Make a new draft from it to change something.';
  const causes = verdict?.state === 'wrong' ? verdict.causes : [];
  const all = place.scope === 'project' ? [...ownPacks.items, ...packs.items] : packs.items;
  const compared = profile.spec.versions.find(({ version }) => version === other);
  const kubernetes = working.version.layers.find(({ type }) => type === 'kubernetes')?.builtin?.version;
  const add = (pack: Pack) => {
    const { name: registry, scope } = {
      name: pack.spec.registry,
      scope: pack.metadata.namespace === undefined ? ('tenant' as const) : ('project' as const),
    };
    const made = withNewLayer(working.version, {
      pack: pack.spec.name,
      registry,
      registryScope: scope,
      version: pack.spec.latest ?? '',
      type: (pack.spec.layer ?? 'addon') as ProfileVersion['layers'][number]['type'],
    });
    working.edit(() => made.version);
    void navigate({ search: (before) => ({ ...before, layer: made.name, panel: undefined, variable: undefined }) });
  };
  return (
    <>
      <PageHead
        title={place.name}
        parent={{ to: '/clusters/profiles', title: 'Profiles' }}
        beside={
          <span className="quiet">
            {profile.spec.type} · {SCOPE_WORDS[place.scope]}
            {place.project === undefined ? '' : ` ${place.project}`}
          </span>
        }
      />
      <VersionsBar profile={profile} place={place} shown={stored} because={forbidden} />
      {working.theirs !== undefined && <Theirs working={working} />}
      {isDraft && <DraftBar working={working} verdict={verdict} because={forbidden} />}
      {compared !== undefined && <Compare from={compared} to={working.version} />}
      <div className="builder">
        <Library packs={all} loading={packs.state === 'loading'} kubernetes={kubernetes} fixed={fixed} add={add} />
        <div className="stack">
          <StackView
            place={place}
            version={working.version}
            selected={selected}
            packs={all}
            clusters={clusters.items}
            causes={causes}
            fixed={fixed}
            edit={working.edit}
          />
          <VariableList version={working.version} selected={variable} causes={causes} fixed={fixed} edit={working.edit} />
        </div>
        {variable === undefined ? (
          <LayerPanel
            place={place}
            version={working.version}
            packs={all}
            clusters={clusters.items}
            causes={causes}
            fixed={fixed}
            edit={working.edit}
          />
        ) : (
          <VariablePanel version={working.version} name={variable} causes={causes} fixed={fixed} edit={working.edit} />
        )}
      </div>
    </>
  );
}

/** Whether the draft could be published as it is, and what may be done with it. */
function DraftBar({
  working,
  verdict,
  because,
}: {
  readonly working: Working;
  readonly verdict: Verdict | undefined;
  readonly because: string | undefined;
}) {
  const busy = working.saving ? 'It is being saved' : undefined;
  const wrong = verdict?.state === 'wrong' ? 'Mend what is wrong first' : undefined;
  return (
    <>
      <div className="row wrap draft-bar">
        <VerdictMark verdict={verdict} />
        <span className="grow" />
        {working.dirty && (
          <span className="row small quiet">
            <Pencil size={13} aria-hidden />
            Changes are kept in this browser until you save them
          </span>
        )}
        <Button look="plain" because={working.dirty ? undefined : 'Nothing is changed'} onClick={working.discard}>
          Discard changes
        </Button>
        <Button because={because ?? busy ?? (working.dirty ? undefined : 'Nothing is changed')} onClick={() => void working.save()}>
          Save draft
        </Button>
        <Button look="primary" because={because ?? busy ?? wrong} onClick={() => void working.save('published')}>
          Publish version {working.version.version}
        </Button>
      </div>
      {working.problem !== undefined && <Problem error={working.problem} />}
    </>
  );
}

function VerdictMark({ verdict }: { readonly verdict: Verdict | undefined }) {
  switch (verdict?.state) {
    case 'fine':
      return <Status icon={CircleCheck} tone="ok" word="Could be published as it is" />;
    case 'wrong': {
      const count = verdict.causes.length;
      return <Status icon={CircleX} tone="bad" word={`${count} ${count === 1 ? 'thing is' : 'things are'} wrong; see what is marked`} />;
    }
    case 'unknown':
      return <Problem error={verdict.error} />;
    default:
      return <Status icon={Clock} tone="quiet" word="The hub is checking it" />;
  }
}

/** Somebody else saved the draft while it was changed here. */
const Theirs = ({ working }: { readonly working: Working }) => (
  <Notice icon={Users} tone="warn" role="alert">
    <p>Somebody else saved this draft while you were changing it. What you see is yours.</p>
    <div className="row wrap">
      <Button onClick={working.keepMine}>Go on with mine</Button>
      <Button onClick={working.discard}>Take theirs</Button>
    </div>
    {working.theirs !== undefined && <Compare from={working.theirs} to={working.version} />}
  </Notice>
);

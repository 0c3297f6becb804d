import { useNavigate, useSearch } from '@tanstack/react-router';
import { Search, X } from 'lucide-react';
import { useEffect, useMemo, useState } from 'react';
import { KINDS } from '../../hub/kinds.ts';
import type { Cluster } from '../../hub/objects.ts';
import type { ClustersSearch } from '../../router.tsx';
import { useObjects } from '../../state/use-live.ts';
import { attentionWords } from './attention.ts';
import { kubernetesOf, labelChoices, phaseCounts, profileText, spread } from './cluster-rows.ts';
import { Phase } from './cluster-status.tsx';

const TYPING_MS = 150;
const number = new Intl.NumberFormat('en');
type Change = (part: ClustersSearch) => void;

interface FilterProps {
  readonly search: ClustersSearch;
  /** All of the scope. */
  readonly clusters: readonly Cluster[];
  readonly change: Change;
}

/** What narrows the list, with how many there are of each. Everything of it is in the address. */
export function ClusterFilters({ search, clusters, change }: FilterProps) {
  return (
    <div className="stack filter-lines">
      <div className="row wrap filters">
        <TextFilter search={search} change={change} />
        <ProjectFilter />
        <ProfileFilter search={search} clusters={clusters} change={change} />
        <Choice
          label="Kubernetes version"
          any="Any Kubernetes"
          value={search.kubernetes}
          groups={[['', spread(clusters, kubernetesOf).map(([value, count]) => [value, `${value} (${count})`])]]}
          onChange={(kubernetes) => change({ kubernetes })}
        />
        <LabelFilter search={search} clusters={clusters} change={change} />
      </div>
      <StatusFilter search={search} clusters={clusters} change={change} />
    </div>
  );
}

function TextFilter({ search, change }: { readonly search: ClustersSearch; readonly change: Change }) {
  const [text, setText] = useState(search.q ?? '');
  useEffect(() => setText(search.q ?? ''), [search.q]);
  useEffect(() => {
    if (text === (search.q ?? '')) return;
    const timer = setTimeout(() => change({ q: text === '' ? undefined : text }), TYPING_MS);
    return () => clearTimeout(timer);
  });
  return (
    <div className="with-icon filter-field">
      <Search size={15} aria-hidden />
      <input
        className="field"
        type="search"
        data-filter
        aria-label="Filter by name, project, label or version"
        placeholder="Name, project, label, version"
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
    </div>
  );
}

type Options = readonly (readonly [value: string, text: string])[];

function Choice(props: {
  readonly label: string;
  readonly any: string;
  readonly value: string | undefined;
  /** Named ones are shown as groups. */
  readonly groups: readonly (readonly [title: string, options: Options])[];
  readonly onChange: (value: string | undefined) => void;
}) {
  const options = (list: Options) =>
    list.map(([value, text]) => (
      <option key={value} value={value}>
        {text}
      </option>
    ));
  return (
    <select
      className="field filter-choice"
      aria-label={props.label}
      value={props.value ?? ''}
      onChange={(event) => props.onChange(event.target.value === '' ? undefined : event.target.value)}
    >
      <option value="">{props.any}</option>
      {props.groups.map(([title, list]) =>
        title === '' ? (
          options(list)
        ) : (
          <optgroup key={title} label={title}>
            {options(list)}
          </optgroup>
        ),
      )}
    </select>
  );
}

/** The project is the scope of the whole page: here it can be reached without leaving the list. */
function ProjectFilter() {
  const { project } = useSearch({ from: '__root__' });
  const navigate = useNavigate();
  const projects = useObjects(KINDS.projects);
  const names = projects.items.map(({ metadata }) => metadata.name).toSorted();
  return (
    <Choice
      label="Project"
      any="Any project"
      value={project}
      groups={[['', names.map((name) => [name, name])]]}
      onChange={(next) => void navigate({ to: '.', search: (before) => ({ ...before, project: next }) })}
    />
  );
}

function ProfileFilter({ search, clusters, change }: FilterProps) {
  const groups = useMemo(() => {
    const versions = spread(clusters, profileText);
    return spread(clusters, ({ spec }) => spec.profile.name).map(([name, count]): [string, Options] => {
      const own = versions
        .filter(([text]) => text.startsWith(`${name}@`))
        .toSorted((a, b) => b[0].localeCompare(a[0], 'en', { numeric: true }));
      return [name, [[name, `${name}, any version (${count})`], ...own.map(([text, of]): [string, string] => [text, `${text} (${of})`])]];
    });
  }, [clusters]);
  return <Choice label="Profile" any="Any profile" value={search.profile} groups={groups} onChange={(profile) => change({ profile })} />;
}

function LabelFilter({ search, clusters, change }: FilterProps) {
  const groups = useMemo(
    () =>
      labelChoices(clusters).map(([key, values]): [string, Options] => [
        key,
        values.map(([value, count]) => [`${key}=${value}`, `${key}=${value} (${count})`]),
      ]),
    [clusters],
  );
  return <Choice label="Label" any="Any label" value={search.label} groups={groups} onChange={(label) => change({ label })} />;
}

function StatusFilter({ search, clusters, change }: FilterProps) {
  const counts = useMemo(() => phaseCounts(clusters), [clusters]);
  return (
    <div className="row wrap" role="group" aria-label="Status">
      {counts.map(([phase, count]) => (
        <button
          key={phase}
          type="button"
          className="chip"
          aria-pressed={search.status === phase}
          onClick={() => change({ status: search.status === phase ? undefined : phase })}
        >
          <Phase phase={phase} /> <span className="quiet">{number.format(count)}</span>
        </button>
      ))}
      {search.needs !== undefined && (
        <button type="button" className="chip" aria-pressed onClick={() => change({ needs: undefined })}>
          {search.needs === 'any' ? 'Needs you' : attentionWords(search.needs).title}
          <X size={13} aria-label="Remove this filter" />
        </button>
      )}
    </div>
  );
}

import type { ApiObject } from '@slipway/model';
import { KINDS } from '../../hub/kinds.ts';
import { useObjects } from '../../state/use-live.ts';
import { CreateLink, ObjectLink } from './object-links.tsx';
import { nameOf, Rows } from './rows.tsx';

type Team = ApiObject<{ readonly displayName: string; readonly members: readonly string[] }>;

export function TeamsTab() {
  const teams = useObjects<Team>(KINDS.teams);
  return (
    <Rows
      title="Teams"
      rows={teams.items.toSorted((a, b) => nameOf(a).localeCompare(nameOf(b)))}
      from={[teams]}
      keyOf={({ metadata }) => metadata.uid}
      text={({ metadata, spec }) => `${metadata.name} ${spec.displayName} ${spec.members.join(' ')}`}
      nothing={{ title: 'No teams yet', text: 'A team holds roles for all of its members: slipway explain team' }}
      actions={<CreateLink plural="teams">Create team</CreateLink>}
      columns={[
        { title: 'Team', cell: (team) => <ObjectLink plural="teams" object={team} /> },
        { title: 'Name', cell: ({ spec }) => spec.displayName || '–' },
        { title: 'Members', cell: ({ spec }) => (spec.members.length === 0 ? 'nobody' : spec.members.join(', ')) },
      ]}
    />
  );
}

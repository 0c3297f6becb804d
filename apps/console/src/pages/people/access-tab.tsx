import { useMemo } from 'react';
import { KINDS } from '../../hub/kinds.ts';
import { useObjects } from '../../state/use-live.ts';
import { CreateLink, ObjectLink } from './object-links.tsx';
import { type Binding, type Holding, holdings, type Role } from './access-words.ts';
import { Rows } from './rows.tsx';

/** Who has what where: the bindings of the tenant and of its projects, one line for each of whom they name. */
export function AccessTab() {
  const tenant = useObjects<Binding>(KINDS.rolebindings);
  const projects = useObjects<Binding>(KINDS.projectrolebindings);
  const roles = useObjects<Role>(KINDS.roles);
  const rows = useMemo(() => holdings([...tenant.items, ...projects.items], roles.items), [tenant.items, projects.items, roles.items]);
  return (
    <Rows<Holding>
      title="Access"
      rows={rows}
      from={[tenant, projects]}
      keyOf={({ key }) => key}
      text={({ who, kind, role, where, binding }) => `${who} ${kind} ${role} ${where} ${binding}`}
      nothing={{ title: 'Nobody holds a role', text: 'A role binding gives a role to users, teams or service accounts.' }}
      actions={<CreateLink plural="rolebindings">Create role binding</CreateLink>}
      columns={[
        { title: 'Who', cell: ({ who }) => who },
        { title: 'Is a', cell: ({ kind }) => (kind === 'ServiceAccount' ? 'service account' : kind.toLowerCase()) },
        { title: 'Has the role', cell: ({ role }) => role },
        { title: 'Where', cell: ({ where }) => where },
        {
          title: 'By binding',
          cell: ({ binding, project }) => (
            <ObjectLink
              plural={project === undefined ? 'rolebindings' : 'projectrolebindings'}
              object={{ metadata: { name: binding, ...(project === undefined ? {} : { namespace: project }) } }}
            />
          ),
        },
      ]}
    />
  );
}

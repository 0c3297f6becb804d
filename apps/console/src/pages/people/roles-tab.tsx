import { KINDS } from '../../hub/kinds.ts';
import { useObjects } from '../../state/use-live.ts';
import { CreateLink, ObjectLink } from './object-links.tsx';
import { type Role, ruleSentence } from './access-words.ts';
import { nameOf, Rows } from './rows.tsx';

const BUILT_IN = 'slipway.dev/built-in';

export function RolesTab() {
  const roles = useObjects<Role>(KINDS.roles);
  return (
    <Rows
      title="Roles"
      rows={roles.items.toSorted((a, b) => nameOf(a).localeCompare(nameOf(b)))}
      from={[roles]}
      keyOf={({ metadata }) => metadata.uid}
      text={({ metadata, spec }) => `${metadata.name} ${spec.description} ${spec.level}`}
      nothing={{ title: 'No roles', text: 'The built-in ones come with the tenant.' }}
      actions={<CreateLink plural="roles">Create role</CreateLink>}
      columns={[
        { title: 'Role', cell: (role) => <Named role={role} /> },
        { title: 'Reaches', cell: ({ spec }) => spec.level },
        {
          title: 'Allows to',
          cell: ({ metadata, spec }) => (
            <details>
              <summary>{spec.rules.length === 1 ? 'one rule' : `${spec.rules.length} rules`}</summary>
              <ul className="rules" aria-label={`Rules of ${metadata.name}`}>
                {spec.rules.map((rule) => (
                  <li key={JSON.stringify(rule)}>{ruleSentence(rule)}</li>
                ))}
              </ul>
            </details>
          ),
        },
        {
          title: 'Made by',
          cell: ({ metadata }) => (metadata.labels?.[BUILT_IN] === undefined ? 'this tenant' : 'Slipway: cannot be changed'),
        },
      ]}
    />
  );
}

function Named({ role: { metadata, spec } }: { readonly role: Role }) {
  return (
    <>
      <ObjectLink plural="roles" object={{ metadata }} />
      <span className="quiet small block">{spec.description}</span>
    </>
  );
}

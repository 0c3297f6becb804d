import { Tabs } from '@slipway/ui';
import { Link, useSearch } from '@tanstack/react-router';
import type { ComponentType } from 'react';
import { PageHead } from '../../shell/page-title.tsx';
import { PEOPLE_TABS, type PeopleTab } from '../../paths.ts';
import { AccessTab } from './access-tab.tsx';
import { AccountsTab } from './accounts-tab.tsx';
import { AskTab } from './ask-tab.tsx';
import { KeysTab } from './keys-tab.tsx';
import './people.css';
import { ProvidersTab } from './providers-tab.tsx';
import { RolesTab } from './roles-tab.tsx';
import { TeamsTab } from './teams-tab.tsx';
import { UsersTab } from './users-tab.tsx';

const TABS: Readonly<Record<PeopleTab, readonly [title: string, content: ComponentType]>> = {
  users: ['Users', UsersTab],
  teams: ['Teams', TeamsTab],
  access: ['Who has what', AccessTab],
  roles: ['Roles', RolesTab],
  keys: ['API keys', KeysTab],
  accounts: ['Service accounts', AccountsTab],
  providers: ['Identity providers', ProvidersTab],
  ask: ['Can I?', AskTab],
};

export function PeoplePage() {
  const { tab = 'users' } = useSearch({ from: '/clusters/people' });
  const [, Content] = TABS[tab];
  return (
    <>
      <PageHead title="People & access" />
      <Tabs label="People & access">
        {PEOPLE_TABS.map((one) => (
          <Link
            key={one}
            to="/clusters/people"
            search={(before) => ({ project: before.project, tab: one === 'users' ? undefined : one })}
            className="tab"
            aria-current={one === tab ? 'page' : undefined}
            activeOptions={{ exact: true }}
          >
            {TABS[one][0]}
          </Link>
        ))}
      </Tabs>
      <Content key={tab} />
    </>
  );
}

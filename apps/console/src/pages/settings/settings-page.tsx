import { Link, useSearch } from '@tanstack/react-router';
import { PageHead } from '../../shell/page-title.tsx';
import { Installation } from './installation.tsx';
import { Personal } from './personal.tsx';

/** Yours, kept by this browser or the hub; and the installation's, as far as one may see them. */
export function SettingsPage() {
  const { tab } = useSearch({ from: '/clusters/settings' });
  return (
    <>
      <PageHead title="Settings" />
      <nav className="tabs" aria-label="Settings">
        {([undefined, 'installation'] as const).map((one) => (
          <Link
            key={one ?? 'you'}
            to="."
            search={(before) => ({ ...before, tab: one })}
            className="tab"
            activeOptions={{ exact: true }}
            aria-current={one === tab ? 'true' : undefined}
          >
            {one === undefined ? 'Yours' : 'Installation'}
          </Link>
        ))}
      </nav>
      <div className="settings">{tab === undefined ? <Personal /> : <Installation />}</div>
    </>
  );
}

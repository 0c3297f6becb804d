import { buttonClass, Empty, Panel } from '@slipway/ui';
import { Link, useParams } from '@tanstack/react-router';
import { LayoutGrid } from 'lucide-react';
import { PageHead } from '../shell/page-title.tsx';
import { PLACES } from '../paths.ts';
import { NotFoundPage } from './problem-pages.tsx';

/** App mode's frame: its kinds are not served by the hub yet, and the page says so instead of pretending. */
export function AppsPage() {
  const { section } = useParams({ from: '/apps/$section' });
  const place = PLACES.apps.find(({ path }) => path === `/apps/${section}`);
  if (place === undefined) return <NotFoundPage />;
  return (
    <>
      <PageHead title={place.title} />
      <Panel title={place.title}>
        <Empty
          icon={LayoutGrid}
          title="This hub serves no apps yet"
          action={
            <Link to="/clusters/list" className={buttonClass()}>
              See the clusters
            </Link>
          }
        >
          <p>
            App profiles, apps and virtual clusters come with a later version of Slipway. What runs on your clusters today is in Cluster
            mode.
          </p>
        </Empty>
      </Panel>
    </>
  );
}

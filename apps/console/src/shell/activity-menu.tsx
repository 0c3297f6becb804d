import '../pages/activity/activity.css';
import { Menu } from '@slipway/ui';
import { Activity } from 'lucide-react';
import { lazy, Suspense } from 'react';

const ActivityNow = lazy(async () => ({ default: (await import('../pages/activity/activity-now.tsx')).ActivityNow }));

/** What is going on, and what failed last. Asked for while it is open only: most pages follow less. */
export function ActivityMenu() {
  return (
    <Menu label="Activity" className="button button-plain button-icon" button={<Activity size={17} aria-hidden />}>
      {(close, open) =>
        open && (
          <Suspense>
            <ActivityNow onGo={close} />
          </Suspense>
        )
      }
    </Menu>
  );
}

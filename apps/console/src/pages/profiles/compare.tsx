import type { ProfileVersion } from '@slipway/model';
import { Panel, Skeleton } from '@slipway/ui';
import { lazy, Suspense } from 'react';
import { stringify } from 'yaml';

const CodeDiff = lazy(() => import('@slipway/ui/code-diff'));

/** Two versions of a profile beside each other. */
export function Compare({ from, to }: { readonly from: ProfileVersion; readonly to: ProfileVersion }) {
  const text = ({ layers, variables, description }: ProfileVersion): string =>
    stringify({ description, variables, layers }, { lineWidth: 0 });
  return (
    <Panel title={`${from.version} compared with ${to.version}`} flush>
      <Suspense
        fallback={
          <div className="panel-body">
            <Skeleton lines={10} />
          </div>
        }
      >
        <CodeDiff before={{ label: from.version, text: text(from) }} after={{ label: to.version, text: text(to) }} />
      </Suspense>
    </Panel>
  );
}

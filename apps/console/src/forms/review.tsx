import type { KindAddress } from '@slipway/api/browser';
import { Button, Notice, Panel, Skeleton } from '@slipway/ui';
import { TriangleAlert } from 'lucide-react';
import { lazy, Suspense } from 'react';
import type { NewObject } from '@slipway/model';
import { parse } from 'yaml';
import { CopyMenu } from './copy-menu.tsx';

const RolloutPlanPanel = lazy(async () => ({ default: (await import('../pages/rollouts/rollout-plan.tsx')).RolloutPlanPanel }));
const CodeDiff = lazy(() => import('@slipway/ui/code-diff'));

interface ReviewProps {
  readonly kind: KindAddress;
  readonly before: string;
  /** What the hub would store. */
  readonly after: string;
  readonly text: string;
  readonly warnings: readonly string[];
  readonly busy: boolean;
  readonly onBack: () => void;
  readonly onSave: () => void;
}

/** What saving would do, as the hub answered it, before it is done. */
export function Review({ kind, before, after, text, warnings, busy, onBack, onSave }: ReviewProps) {
  const fresh = before === '';
  return (
    <>
      {warnings.map((warning) => (
        <Notice key={warning} icon={TriangleAlert} tone="warn">
          <p>{warning}</p>
        </Notice>
      ))}
      {kind.kind === 'Rollout' && (
        <Suspense fallback={<Skeleton lines={5} />}>
          <RolloutPlanPanel name={nameIn(after)} candidate={parse(text) as object} />
        </Suspense>
      )}
      <Panel title={fresh ? 'What will be created' : 'What will change'} flush aside={<CopyMenu objects={[{ kind, text }]} />}>
        <Suspense fallback={<Skeleton lines={10} />}>
          <CodeDiff
            before={{ label: fresh ? 'Nothing yet' : 'Now', text: before }}
            after={{ label: 'After saving, defaults included', text: after }}
          />
        </Suspense>
        <div className="form-foot">
          <Button look="primary" because={busy ? 'It is being saved' : undefined} onClick={onSave}>
            {fresh ? `Create ${kind.kind}` : `Save ${kind.kind}`}
          </Button>
          <Button onClick={onBack}>Back to editing</Button>
        </div>
      </Panel>
    </>
  );
}

const nameIn = (text: string): string => String((parse(text) as NewObject).metadata.name);

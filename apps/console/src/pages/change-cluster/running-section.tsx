import { Button, Panel } from '@slipway/ui';
import type { SectionProps } from './settings-tab.tsx';

/** Whether Slipway changes anything in it, and what it does about what others change. */
export function RunningSection({ cluster, because, onChange }: SectionProps) {
  const { paused, drift } = cluster.spec;
  return (
    <Panel title="Running" flush>
      <ul>
        <li className="setting">
          <span className="grow">
            <span className="setting-name">{paused ? 'Paused' : 'Kept as its profile says'}</span>
            <span className="quiet block">
              {paused
                ? 'Slipway changes nothing in it until it is resumed. What runs there is untouched.'
                : 'While it is paused, Slipway changes nothing in it. What runs there is untouched.'}
            </span>
          </span>
          <Button because={because} onClick={() => onChange({ what: 'paused', paused: !paused })}>
            {paused ? 'Review resuming' : 'Review pausing'}
          </Button>
        </li>
        <li className="setting">
          <span className="grow">
            <span className="setting-name">Drift is {drift === 'heal' ? 'healed' : 'reported only'}</span>
            <span className="quiet block">
              {drift === 'heal'
                ? 'What somebody changes by hand is put right within seconds.'
                : 'What somebody changes by hand is told and left as it is, until it is decided.'}
            </span>
          </span>
          <Button because={because} onClick={() => onChange({ what: 'drift', policy: drift === 'heal' ? 'report' : 'heal' })}>
            {drift === 'heal' ? 'Review reporting only' : 'Review healing'}
          </Button>
        </li>
      </ul>
    </Panel>
  );
}

import { Button, Panel } from '@slipway/ui';
import { useId, useState } from 'react';
import { useWhyNot } from '../../hub/access.ts';
import { KINDS } from '../../hub/kinds.ts';
import type { SectionProps } from './settings-tab.tsx';

/** As the hub has it too, which decides: see machine-pool.ts. */
const MOST = 500;
const CONTROL_PLANES = [1, 3, 5] as const;

/** How many machines there are, pool by pool. */
export function MachinesSection({ cluster, pools, because, onChange }: SectionProps) {
  const poolBecause = useWhyNot('patch', KINDS.machinepools, cluster.metadata.namespace);
  return (
    <Panel title="Machines" flush>
      <ul>
        <ControlPlane
          now={cluster.spec.controlPlane.replicas}
          because={because}
          onReview={(replicas) => onChange({ what: 'control-plane', replicas })}
        />
        {pools.map(({ metadata, spec }) => (
          <PoolRow
            key={metadata.uid}
            name={metadata.name}
            now={spec.replicas}
            because={because ?? poolBecause}
            onReview={(replicas) => onChange({ what: 'scale', pool: metadata.name, replicas })}
          />
        ))}
      </ul>
    </Panel>
  );
}

type ControlPlanes = (typeof CONTROL_PLANES)[number];

function ControlPlane(props: {
  readonly now: number;
  readonly because: string | undefined;
  readonly onReview: (replicas: ControlPlanes) => void;
}) {
  const { now, because, onReview } = props;
  const id = useId();
  const [wanted, setWanted] = useState(now);
  const chosen = CONTROL_PLANES.find((one) => one === wanted);
  return (
    <li className="setting">
      <label htmlFor={id} className="grow">
        <span className="setting-name">Control plane</span>
        <span className="quiet block">etcd needs an odd number to keep a majority</span>
      </label>
      <select id={id} className="field" value={wanted} onChange={({ target }) => setWanted(Number(target.value))}>
        {CONTROL_PLANES.map((one) => (
          <option key={one} value={one}>
            {one === 1 ? '1 machine' : `${one} machines`}
          </option>
        ))}
      </select>
      <Button
        because={because ?? (wanted === now ? 'It has that many.' : undefined)}
        onClick={() => chosen !== undefined && onReview(chosen)}
      >
        Review scaling
      </Button>
    </li>
  );
}

function PoolRow(props: {
  readonly name: string;
  readonly now: number;
  readonly because: string | undefined;
  readonly onReview: (replicas: number) => void;
}) {
  const { name, now, because, onReview } = props;
  const id = useId();
  const [text, setText] = useState(String(now));
  const wanted = /^\d{1,4}$/.test(text) && Number(text) <= MOST ? Number(text) : undefined;
  const wrong = wanted === undefined ? `Write a whole number from 0 to ${MOST}.` : wanted === now ? 'It has that many.' : undefined;
  return (
    <li className="setting">
      <label htmlFor={id} className="grow">
        <span className="setting-name">Pool {name}</span>
        <span className="quiet block">{now === 1 ? '1 machine' : `${now} machines`} wanted now</span>
      </label>
      <input
        id={id}
        className="field setting-number"
        inputMode="numeric"
        value={text}
        aria-invalid={wanted === undefined}
        onChange={({ target }) => setText(target.value)}
      />
      <Button because={because ?? wrong} onClick={() => wanted !== undefined && onReview(wanted)}>
        Review scaling
      </Button>
    </li>
  );
}

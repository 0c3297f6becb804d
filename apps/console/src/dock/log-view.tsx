import { useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import { transport } from '../hub/session.ts';
import { Problem } from '../pages/problem-pages.tsx';
import type { DockTab } from './dock-store.ts';
import { linesWith } from './log-buffer.ts';
import { createLogFollow } from './log-follow.ts';
import { LogLines } from './log-lines.tsx';
import { FIRST_CHOICE, type LogChoice } from './log-query.ts';
import { LogState } from './log-state.tsx';
import { LogTools } from './log-tools.tsx';
import { useContainers } from './use-containers.ts';

/** How it is looked at, besides what is asked for. */
export interface LogLook {
  readonly wrap: boolean;
  readonly times: boolean;
  readonly find: string;
  /** Which of the matches one is at. */
  readonly at: number;
}

/** A pod's log. Read only while its tab is in front: it takes one of the browser's few connections, and goes on where it was. */
export function LogView({ tab, shown }: { readonly tab: DockTab; readonly shown: boolean }) {
  const { names, error } = useContainers(tab);
  const [choice, setChoice] = useState<LogChoice>(FIRST_CHOICE);
  const container = choice.container ?? names?.[0];
  if (error !== undefined)
    return (
      <div className="dock-body">
        <Problem error={error} />
      </div>
    );
  if (names === undefined || container === undefined) return <p className="dock-body quiet">Asking the cluster for the pod …</p>;
  return <Log tab={tab} shown={shown} names={names} choice={{ ...choice, container }} onChoice={setChoice} />;
}

interface LogProps {
  readonly tab: DockTab;
  readonly shown: boolean;
  readonly names: readonly string[];
  readonly choice: LogChoice;
  readonly onChoice: (choice: LogChoice) => void;
}

function Log({ tab, shown, names, choice, onChoice }: LogProps) {
  const key = JSON.stringify(choice);
  const log = useMemo(() => createLogFollow(transport, tab, JSON.parse(key) as LogChoice), [tab, key]);
  useEffect(() => (shown ? log.start() : undefined), [log, shown]);
  const now = useSyncExternalStore(log.subscribe, log.snapshot);
  const [look, setLook] = useState<LogLook>({ wrap: true, times: true, find: '', at: 0 });
  const found = useMemo(() => linesWith(now.lines, look.find), [now.lines, look.find]);
  const current = found.length === 0 ? undefined : found[((look.at % found.length) + found.length) % found.length];
  return (
    <div className="dock-body">
      <LogTools
        tab={tab}
        names={names}
        choice={choice}
        onChoice={onChoice}
        look={look}
        onLook={setLook}
        found={found.length}
        lines={now.lines}
        onClear={log.clear}
      />
      <LogState tab={tab} now={now} choice={choice} />
      <LogLines lines={now.lines} look={look} current={current} shown={shown} follow={choice.follow} />
    </div>
  );
}

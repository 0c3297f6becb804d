import { Button } from '@slipway/ui';
import { FileText, Maximize2, Minimize2, Minus, PanelBottom, SquareTerminal, X } from 'lucide-react';
import { type KeyboardEvent, lazy, Suspense, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { readStored, store } from '../state/stored.ts';
import { DockHandle } from './dock-handle.tsx';
import { activateDock, closeDock, dockStore, type DockTab } from './dock-store.ts';
import { LogView } from './log-view.tsx';
import { useRoomBelow } from './use-room-below.ts';

/** Its terminal is most of it. */
const TerminalView = lazy(() => import('./terminal-view.tsx'));

const HEIGHT = 'dock.height';
const FIRST_HEIGHT = 320;

type Size = 'normal' | 'small' | 'large';

/** Terminals and logs in tabs. All stay as they are while another is in front, or another page. */
// oxlint-disable-next-line import/no-default-export -- React.lazy takes the default export.
export default function Dock() {
  const { tabs, active } = useSyncExternalStore(dockStore.subscribe, dockStore.get);
  const [height, setHeight] = useState(() => Number(readStored(HEIGHT)) || FIRST_HEIGHT);
  const [size, setSize] = useState<Size>('normal');
  useEffect(() => setSize((now) => (now === 'small' ? 'normal' : now)), [active, tabs.length]);
  const keep = (next: number) => {
    setHeight(next);
    setSize('normal');
    store(HEIGHT, String(next));
  };
  const place = useRoomBelow();
  return (
    <section ref={place} className={`dock dock-${size}`} aria-label="Terminals and logs" style={size === 'normal' ? { height } : {}}>
      {size === 'normal' && <DockHandle height={height} onHeight={keep} />}
      <div className="dock-head">
        <Tabs tabs={tabs} active={active} />
        <Sizes size={size} onSize={setSize} />
      </div>
      {tabs.map((tab) => {
        const shown = tab.id === active && size !== 'small';
        return (
          <div
            key={tab.id}
            id={`dock-panel-${tab.id}`}
            role="tabpanel"
            aria-labelledby={`dock-tab-${tab.id}`}
            className="dock-panel"
            hidden={!shown}
          >
            <Suspense>{tab.kind === 'logs' ? <LogView tab={tab} shown={shown} /> : <TerminalView tab={tab} shown={shown} />}</Suspense>
          </div>
        );
      })}
    </section>
  );
}

function Sizes({ size, onSize }: { readonly size: Size; readonly onSize: (size: Size) => void }) {
  return (
    <span className="row dock-sizes">
      {size === 'small' ? (
        <Button look="icon" aria-label="Show the dock" title="Show the dock" onClick={() => onSize('normal')}>
          <PanelBottom size={15} aria-hidden />
        </Button>
      ) : (
        <Button look="icon" aria-label="Put the dock down" title="Put the dock down" onClick={() => onSize('small')}>
          <Minus size={15} aria-hidden />
        </Button>
      )}
      <Button
        look="icon"
        aria-label={size === 'large' ? 'Make the dock smaller' : 'Make the dock larger'}
        title={size === 'large' ? 'Make the dock smaller' : 'Make the dock larger'}
        onClick={() => onSize(size === 'large' ? 'normal' : 'large')}
      >
        {size === 'large' ? <Minimize2 size={15} aria-hidden /> : <Maximize2 size={15} aria-hidden />}
      </Button>
    </span>
  );
}

function Tabs({ tabs, active }: { readonly tabs: readonly DockTab[]; readonly active: number | undefined }) {
  const list = useRef<HTMLDivElement>(null);
  const onKey = (event: KeyboardEvent) => {
    const at = tabs.findIndex(({ id }) => id === active);
    const steps: Readonly<Record<string, number>> = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 };
    const to = steps[event.key];
    if (event.key === 'Delete' && active !== undefined) return closeDock(active);
    if (to === undefined) return;
    event.preventDefault();
    const next = tabs[(to + tabs.length) % tabs.length];
    if (next === undefined) return;
    activateDock(next.id);
    list.current?.querySelector<HTMLElement>(`#dock-tab-${next.id}`)?.focus();
  };
  return (
    <div className="dock-tabs" ref={list}>
      <div role="tablist" aria-label="Open terminals and logs" className="row" onKeyDown={onKey}>
        {tabs.map((tab) => {
          const Icon = tab.kind === 'logs' ? FileText : SquareTerminal;
          return (
            <button
              key={tab.id}
              id={`dock-tab-${tab.id}`}
              type="button"
              role="tab"
              className="dock-tab"
              aria-selected={tab.id === active}
              aria-controls={`dock-panel-${tab.id}`}
              tabIndex={tab.id === active ? 0 : -1}
              title={`${tab.kind === 'logs' ? 'Logs of' : 'Shell in'} ${tab.namespace}/${tab.pod} in cluster ${tab.cluster}; Delete closes it`}
              onClick={() => activateDock(tab.id)}
            >
              <Icon size={14} aria-hidden />
              <span className="visually-hidden">{tab.kind === 'logs' ? 'Logs of ' : 'Shell in '}</span>
              <span className="clip">{tab.pod}</span>
              <span className="quiet small">{tab.cluster}</span>
            </button>
          );
        })}
      </div>
      {active !== undefined && (
        <Button
          look="icon"
          aria-label={`Close the tab ${tabs.find(({ id }) => id === active)?.pod ?? ''}`}
          title="Close this tab"
          onClick={() => closeDock(active)}
        >
          <X size={15} aria-hidden />
        </Button>
      )}
    </div>
  );
}

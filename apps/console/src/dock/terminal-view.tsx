import { Button, Notice } from '@slipway/ui';
import { ChevronDown, ChevronUp, Copy, Download, Eraser, PlugZap, RefreshCw, Search } from 'lucide-react';
import { type RefObject, useEffect, useRef, useState } from 'react';
import { transport } from '../hub/session.ts';
import { Problem } from '../pages/problem-pages.tsx';
import { readStored, store } from '../state/stored.ts';
import { createTerminal, type TerminalScreen } from './create-terminal.ts';
import type { DockTab } from './dock-store.ts';
import { type Exec, type ExecState, openExec } from './exec.ts';
import { copyText, saveText } from './save-text.ts';
import { useContainers } from './use-containers.ts';

const READ_ALOUD = 'terminal.read-aloud';

/** A shell in a pod. */
// oxlint-disable-next-line import/no-default-export -- React.lazy takes the default export.
export default function TerminalView({ tab, shown }: { readonly tab: DockTab; readonly shown: boolean }) {
  const { names, error } = useContainers(tab);
  const [chosen, setChosen] = useState<string>();
  const container = chosen ?? names?.[0];
  if (error !== undefined)
    return (
      <div className="dock-body">
        <Problem error={error} />
      </div>
    );
  if (names === undefined || container === undefined) return <p className="dock-body quiet">Asking the cluster for the pod …</p>;
  return <Shell key={container} tab={tab} shown={shown} names={names} container={container} onContainer={setChosen} />;
}

interface ShellProps {
  readonly tab: DockTab;
  readonly shown: boolean;
  readonly names: readonly string[];
  readonly container: string;
  readonly onContainer: (name: string) => void;
}

function Shell({ tab, shown, names, container, onContainer }: ShellProps) {
  const frame = useRef<HTMLDivElement>(null);
  const screen = useRef<TerminalScreen>(undefined);
  const exec = useRef<Exec>(undefined);
  const [state, setState] = useState<ExecState>({ word: 'connecting' });
  useEffect(() => {
    if (frame.current === null) return;
    const made = createTerminal(frame.current, {
      onType: (text) => exec.current?.type(text),
      onSize: (columns, rows) => exec.current?.resize(columns, rows),
      onLeave: () => document.getElementById(`dock-tab-${tab.id}`)?.focus(),
    });
    made.readAloud(readStored(READ_ALOUD) === 'yes');
    screen.current = made;
    const opened = openExec(transport, { ...tab, container }, { onOutput: (data) => made.write(data), onState: setState });
    exec.current = opened;
    return () => {
      opened.close();
      made.dispose();
    };
  }, [tab, container]);
  useEffect(() => {
    if (!shown) return;
    screen.current?.fit();
    screen.current?.focus();
  }, [shown]);
  useEffect(() => {
    if (state.word === 'lost' || state.word === 'ended') screen.current?.write(`\r\n\u001B[2m── ${state.because} ──\u001B[0m\r\n`);
  }, [state]);
  return (
    <div className="dock-body">
      <Tools tab={tab} names={names} container={container} onContainer={onContainer} screen={screen} />
      <Told state={state} onAgain={() => (exec.current?.again(), screen.current?.focus())} />
      <div ref={frame} className="terminal-frame" />
    </div>
  );
}

function Told({ state, onAgain }: { readonly state: ExecState; readonly onAgain: () => void }) {
  if (state.word === 'open') return null;
  if (state.word !== 'lost' && state.word !== 'ended')
    return (
      <p className="quiet small" role="status">
        Opening a shell …
      </p>
    );
  return (
    <Notice icon={state.word === 'lost' ? RefreshCw : PlugZap} tone="warn" role="status">
      <div className="row wrap">
        <p className="grow">
          {state.because}
          {state.word === 'lost'
            ? ' A new shell is opened by itself as soon as the cluster can be reached; what ran in the old one has ended.'
            : ''}
        </p>
        <Button onClick={onAgain}>New shell</Button>
      </div>
    </Notice>
  );
}

function Tools(props: Omit<ShellProps, 'shown'> & { readonly screen: RefObject<TerminalScreen | undefined> }) {
  const { tab, names, container, onContainer, screen } = props;
  const [find, setFind] = useState('');
  const [found, setFound] = useState<boolean>();
  const [aloud, setAloud] = useState(() => readStored(READ_ALOUD) === 'yes');
  const seek = (back: boolean) => setFound(find === '' ? undefined : screen.current?.find(find, back));
  return (
    <div className="dock-tools">
      {names.length > 1 && (
        <select className="field" aria-label="Container" value={container} onChange={({ target }) => onContainer(target.value)}>
          {names.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      )}
      <span className="quiet small">
        <kbd>Ctrl ⇧ L</kbd> leaves the terminal
      </span>
      <button
        type="button"
        className="chip"
        aria-pressed={aloud}
        onClick={() => {
          store(READ_ALOUD, aloud ? undefined : 'yes');
          screen.current?.readAloud(!aloud);
          setAloud(!aloud);
        }}
      >
        For a screen reader
      </button>
      <label className="with-icon">
        <span className="visually-hidden">Find in the terminal</span>
        <Search size={15} aria-hidden />
        <input
          className="field"
          type="search"
          placeholder="Find"
          value={find}
          onChange={({ target }) => (setFind(target.value), setFound(undefined))}
          onKeyDown={(event) => event.key === 'Enter' && (event.preventDefault(), seek(!event.shiftKey))}
        />
      </label>
      {find !== '' && (
        <span className="row dock-actions-near">
          <Button look="icon" aria-label="Previous match" onClick={() => seek(true)}>
            <ChevronUp size={15} aria-hidden />
          </Button>
          <Button look="icon" aria-label="Next match" onClick={() => seek(false)}>
            <ChevronDown size={15} aria-hidden />
          </Button>
          <span className="quiet small" role="status">
            {found === false ? 'not found' : ''}
          </span>
        </span>
      )}
      <span className="row dock-actions">
        <Button
          look="icon"
          aria-label="Copy the selection, or everything"
          title="Copy the selection, or everything"
          onClick={() => copyText(screen.current?.text() ?? '')}
        >
          <Copy size={15} aria-hidden />
        </Button>
        <Button
          look="icon"
          aria-label="Download the terminal's text"
          title="Download the terminal's text"
          onClick={() => saveText(`${tab.pod}.txt`, screen.current?.text() ?? '')}
        >
          <Download size={15} aria-hidden />
        </Button>
        <Button look="icon" aria-label="Clear the terminal" title="Clear the terminal" onClick={() => screen.current?.clear()}>
          <Eraser size={15} aria-hidden />
        </Button>
      </span>
    </div>
  );
}

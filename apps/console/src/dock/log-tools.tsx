import { Button } from '@slipway/ui';
import { ChevronDown, ChevronUp, Copy, Download, Eraser, Search } from 'lucide-react';
import type { LogLine } from './log-buffer.ts';
import type { PodRef } from './log-follow.ts';
import { type LogChoice, RANGES } from './log-query.ts';
import type { LogLook } from './log-view.tsx';
import { copyText, saveText } from './save-text.ts';

interface ToolsProps {
  readonly tab: PodRef;
  readonly names: readonly string[];
  readonly choice: LogChoice;
  readonly onChoice: (choice: LogChoice) => void;
  readonly look: LogLook;
  readonly onLook: (look: LogLook) => void;
  readonly found: number;
  readonly lines: readonly LogLine[];
  readonly onClear: () => void;
}

const allText = (lines: readonly LogLine[], times: boolean): string =>
  lines.map(({ time, text }) => (times && time !== '' ? `${time} ${text}\n` : `${text}\n`)).join('');

export function LogTools(props: ToolsProps) {
  const { tab, lines, look, onClear } = props;
  return (
    <div className="dock-tools">
      <What {...props} />
      <Toggles {...props} />
      <Find {...props} />
      <span className="row dock-actions">
        <Button look="icon" aria-label="Copy the log" title="Copy the log" onClick={() => copyText(allText(lines, look.times))}>
          <Copy size={15} aria-hidden />
        </Button>
        <Button
          look="icon"
          aria-label="Download the log"
          title="Download the log"
          onClick={() => saveText(`${tab.pod}.log`, allText(lines, look.times))}
        >
          <Download size={15} aria-hidden />
        </Button>
        <Button look="icon" aria-label="Clear what is shown" title="Clear what is shown" onClick={onClear}>
          <Eraser size={15} aria-hidden />
        </Button>
      </span>
    </div>
  );
}

function What({ names, choice, onChoice }: ToolsProps) {
  return (
    <>
      <select
        className="field"
        aria-label="Container"
        value={choice.container}
        onChange={({ target }) => onChoice({ ...choice, container: target.value })}
      >
        {names.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
      <select
        className="field"
        aria-label="Time range"
        value={choice.range}
        onChange={({ target }) => onChoice({ ...choice, range: target.value })}
      >
        {RANGES.map(([value, words]) => (
          <option key={value} value={value}>
            {words}
          </option>
        ))}
      </select>
      {choice.range === 'between' && (
        <>
          <input
            className="field"
            type="datetime-local"
            aria-label="From"
            value={choice.from}
            onChange={({ target }) => onChoice({ ...choice, from: target.value })}
          />
          <input
            className="field"
            type="datetime-local"
            aria-label="Until"
            value={choice.until}
            onChange={({ target }) => onChoice({ ...choice, until: target.value })}
          />
        </>
      )}
    </>
  );
}

function Toggles({ choice, onChoice, look, onLook }: ToolsProps) {
  const toggles = [
    ['Follow', choice.follow && !choice.previous, () => onChoice({ ...choice, follow: !choice.follow })],
    ['Previous container', choice.previous, () => onChoice({ ...choice, previous: !choice.previous })],
    ['Wrap', look.wrap, () => onLook({ ...look, wrap: !look.wrap })],
    ['Times', look.times, () => onLook({ ...look, times: !look.times })],
  ] as const;
  return (
    <span className="row" role="group" aria-label="How it is shown">
      {toggles.map(([name, pressed, toggle]) => (
        <button key={name} type="button" className="chip" aria-pressed={pressed} onClick={toggle}>
          {name}
        </button>
      ))}
    </span>
  );
}

function Find({ look, onLook, found }: ToolsProps) {
  const step = (by: number) => onLook({ ...look, at: look.at + by });
  const at = found === 0 ? 0 : (((look.at % found) + found) % found) + 1;
  return (
    <span className="row">
      <label className="with-icon">
        <span className="visually-hidden">Find in the log</span>
        <Search size={15} aria-hidden />
        <input
          className="field"
          type="search"
          placeholder="Find"
          value={look.find}
          onChange={({ target }) => onLook({ ...look, find: target.value, at: 0 })}
          onKeyDown={(event) => event.key === 'Enter' && (event.preventDefault(), step(event.shiftKey ? -1 : 1))}
        />
      </label>
      {look.find !== '' && (
        <>
          <span className="quiet small" role="status">
            {found === 0 ? 'not found' : `${at} of ${found}`}
          </span>
          <Button look="icon" aria-label="Previous match" onClick={() => step(-1)}>
            <ChevronUp size={15} aria-hidden />
          </Button>
          <Button look="icon" aria-label="Next match" onClick={() => step(1)}>
            <ChevronDown size={15} aria-hidden />
          </Button>
        </>
      )}
    </span>
  );
}

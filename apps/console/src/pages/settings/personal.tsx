import { buttonClass, Panel } from '@slipway/ui';
import { Link } from '@tanstack/react-router';
import { KeyRound, SquareTerminal } from 'lucide-react';
import { useId, useState } from 'react';
import { HUB } from '../../hub/place.ts';
import { ShortcutList } from '../../shell/shortcut-list.tsx';
import { useSession } from '../../state/session-context.ts';
import { setStart, type Start, start, STARTS } from '../../state/start-mode.ts';
import { setTheme, theme, type Theme, THEME_WORDS, THEMES } from '../../state/theme.ts';
import { Sessions } from '../people/sessions.tsx';

const START_WORDS: Readonly<Record<Start, string>> = { last: 'Where you were last', clusters: 'Clusters', apps: 'Apps' };

export function Personal() {
  const { user, tenant, groups } = useSession();
  return (
    <>
      <Panel title="Look and start">
        <div className="stack">
          <Choice<Theme> legend="Theme" among={THEMES} words={THEME_WORDS} first={theme} onChoose={setTheme} />
          <Choice<Start> legend="The console opens with" among={STARTS} words={START_WORDS} first={start} onChoose={setStart} />
          <p className="small quiet">Kept by this browser.</p>
        </div>
      </Panel>
      <Panel title="Who you are">
        <div className="stack">
          <dl className="facts">
            <dt>User</dt>
            <dd>{user}</dd>
            <dt>Tenant</dt>
            <dd>{tenant}</dd>
            <dt>Groups</dt>
            <dd>{groups.length === 0 ? '–' : groups.join(', ')}</dd>
          </dl>
          <div className="row wrap">
            <Link to="/clusters/people" search={{ tab: 'keys' }} className={buttonClass()}>
              <KeyRound size={15} aria-hidden />
              API keys
            </Link>
            <a className={buttonClass()} href={`${HUB}/auth/device`}>
              <SquareTerminal size={15} aria-hidden />
              Sign in a command line
            </a>
          </div>
        </div>
      </Panel>
      <Panel title="Your sessions">
        <Sessions name={user} />
      </Panel>
      <Panel title="Keyboard shortcuts">
        <ShortcutList />
      </Panel>
    </>
  );
}

/** One of few, which holds at once. */
function Choice<T extends string>(props: {
  readonly legend: string;
  readonly among: readonly T[];
  readonly words: Readonly<Record<T, string>>;
  readonly first: () => T;
  readonly onChoose: (next: T) => void;
}) {
  const [chosen, setChosen] = useState(props.first);
  const name = useId();
  return (
    <fieldset>
      <legend>{props.legend}</legend>
      {props.among.map((one) => (
        <label key={one} className="settings-choice">
          <input
            type="radio"
            name={name}
            checked={one === chosen}
            onChange={() => {
              setChosen(one);
              props.onChoose(one);
            }}
          />
          {props.words[one]}
        </label>
      ))}
    </fieldset>
  );
}

import { Menu } from '@slipway/ui';
import { Link } from '@tanstack/react-router';
import { Check, CircleUser, Keyboard, KeyRound, LogOut, Settings, Shuffle, SquareTerminal } from 'lucide-react';
import { useState } from 'react';
import { HUB } from '../hub/place.ts';
import { signOut } from '../hub/session.ts';
import { otherMode } from '../paths.ts';
import { useSession } from '../state/session-context.ts';
import { setTheme, theme, THEME_WORDS, THEMES } from '../state/theme.ts';
import { ModeLink, useMode } from './mode-link.tsx';

export const leave = (): void => {
  void signOut().finally(() => location.assign(`${HUB}/auth/sign-in`));
};

export function UserMenu({ onHelp }: { readonly onHelp: () => void }) {
  const { user, tenant } = useSession();
  const { mode } = useMode();
  const [chosen, setChosen] = useState(theme);
  const other = otherMode(mode);
  return (
    <Menu
      label={`User menu of ${user}`}
      className="button button-plain"
      button={
        <>
          <CircleUser size={18} aria-hidden />
          <span className="only-wide clip">{user}</span>
        </>
      }
    >
      {(close) => (
        <>
          <div className="menu-label">
            {user} · tenant {tenant}
          </div>
          <ModeLink to={other} className="menu-item" onGo={close}>
            <Shuffle size={15} aria-hidden />
            {other === 'apps' ? 'Switch to App mode' : 'Switch to Cluster mode'}
          </ModeLink>
          <hr className="menu-rule" />
          <div className="menu-label">Theme</div>
          {THEMES.map((one) => (
            <button
              key={one}
              type="button"
              className="menu-item"
              aria-pressed={one === chosen}
              onClick={() => {
                setTheme(one);
                setChosen(one);
              }}
            >
              <span className="grow">{THEME_WORDS[one]}</span>
              {one === chosen && <Check size={15} aria-hidden />}
            </button>
          ))}
          <hr className="menu-rule" />
          <Link to="/clusters/settings" className="menu-item" onClick={close}>
            <Settings size={15} aria-hidden />
            Settings
          </Link>
          <a className="menu-item" href={`${HUB}/auth/device`}>
            <SquareTerminal size={15} aria-hidden />
            Sign in a command line
          </a>
          <a className="menu-item" href={`${HUB}/auth/sign-in`}>
            <KeyRound size={15} aria-hidden />
            Your session
          </a>
          <button
            type="button"
            className="menu-item"
            onClick={() => {
              close();
              onHelp();
            }}
          >
            <Keyboard size={15} aria-hidden />
            Keyboard shortcuts
          </button>
          <button type="button" className="menu-item" onClick={leave}>
            <LogOut size={15} aria-hidden />
            Sign out
          </button>
        </>
      )}
    </Menu>
  );
}

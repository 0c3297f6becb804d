import { Button } from '@slipway/ui';
import { Link } from '@tanstack/react-router';
import { CircleQuestionMark, Menu as MenuIcon, Sailboat, Search } from 'lucide-react';
import { MODE_WORDS } from '../paths.ts';
import { ActivityMenu } from './activity-menu.tsx';
import { DemoMark } from './demo-mark.tsx';
import { ModeLink } from './mode-link.tsx';
import { ScopePicker } from './scope-picker.tsx';
import { UserMenu } from './user-menu.tsx';

const KEYS = /Mac|iPhone|iPad/.test(navigator.userAgent) ? '⌘K' : 'Ctrl K';

interface HeaderProps {
  readonly onPalette: () => void;
  readonly onHelp: () => void;
  readonly onNavigation: () => void;
  readonly drawer: boolean;
}

export function Header({ onPalette, onHelp, onNavigation, drawer }: HeaderProps) {
  return (
    <header className="header">
      <Button look="icon" className="only-narrow" aria-label="Navigation" aria-expanded={drawer} onClick={onNavigation}>
        <MenuIcon size={18} aria-hidden />
      </Button>
      <Link to="/" className="logo" aria-label="Slipway, home">
        <Sailboat size={20} aria-hidden />
        <span className="only-wide">Slipway</span>
      </Link>
      <ScopePicker />
      <DemoMark />
      <ModeSwitch />
      <span className="grow" />
      <button type="button" className="button search-button" onClick={onPalette}>
        <Search size={15} aria-hidden />
        <span className="only-read-narrow">Search</span>
        <kbd className="only-wide">{KEYS}</kbd>
      </button>
      {/* On a phone the page in the navigation has it, and the scope needs the room. */}
      <span className="only-wide">
        <ActivityMenu />
      </span>
      <Button look="icon" className="only-wide" aria-label="Keyboard shortcuts" onClick={onHelp}>
        <CircleQuestionMark size={17} aria-hidden />
      </Button>
      <UserMenu onHelp={onHelp} />
    </header>
  );
}

/** Clusters | Apps, always in view. */
function ModeSwitch() {
  return (
    <nav className="segments" aria-label="Mode">
      {(['clusters', 'apps'] as const).map((mode) => (
        <ModeLink key={mode} to={mode} className="segment">
          {MODE_WORDS[mode]}
        </ModeLink>
      ))}
    </nav>
  );
}

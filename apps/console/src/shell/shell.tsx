import { Outlet, useRouter, useRouterState } from '@tanstack/react-router';
import { useCallback, useEffect, useRef, useState } from 'react';
import { DockPlace } from '../dock/dock-place.tsx';
import { KINDS } from '../hub/kinds.ts';
import { rememberPlace } from '../state/last-place.ts';
import { useSession } from '../state/session-context.ts';
import { useObjects } from '../state/use-live.ts';
import { Header } from './header.tsx';
import { Help } from './help.tsx';
import { Navigation } from './navigation.tsx';
import { Palette } from './palette.tsx';
import { SessionEnd } from './session-end.tsx';
import { StreamNotice } from './stream-notice.tsx';
import { useArrival } from './use-arrival.ts';
import { useShortcuts } from './use-shortcuts.ts';

type Overlay = 'palette' | 'help' | undefined;

/** What is around every page. */
export function Shell() {
  const [overlay, setOverlay] = useState<Overlay>();
  const [drawer, setDrawer] = useState(false);
  const href = useRouterState({ select: ({ location }) => location.href });
  const path = useRouterState({ select: ({ location }) => location.pathname });
  const { getMatchedRoutes } = useRouter();
  useEffect(() => {
    // A mistyped address is no place to come back to, nor is a beginning that is behind one.
    if (getMatchedRoutes(path)[2] !== undefined && path !== '/setup') rememberPlace(href);
  }, [href, path, getMatchedRoutes]);
  useShortcuts({ palette: () => setOverlay('palette'), help: () => setOverlay('help') });
  const main = useRef<HTMLElement>(null);
  useEffect(() => setDrawer(false), [path]);
  // Where the page is, not where somebody is going to: until then the old one is shown.
  const shown = useRouterState({ select: ({ resolvedLocation, location }) => (resolvedLocation ?? location).pathname });
  const arrived = useArrival(main, shown);
  // Everybody has these, also who has no role at all: so every page follows something, and hears when the session ends.
  const { user } = useSession();
  useObjects(KINDS.useritems, undefined, `spec.owner=${user},spec.type=view`);
  const close = () => setOverlay(undefined);
  const help = useCallback(() => setOverlay('help'), []);
  return (
    <div className="shell">
      <a className="skip-link" href="#main" onClick={(event) => (event.preventDefault(), main.current?.focus())}>
        Skip to content
      </a>
      <Header
        onPalette={() => setOverlay('palette')}
        onHelp={() => setOverlay('help')}
        onNavigation={() => setDrawer(!drawer)}
        drawer={drawer}
      />
      <Navigation open={drawer} />
      <main id="main" ref={main} tabIndex={-1}>
        <StreamNotice />
        <Outlet />
      </main>
      <DockPlace />
      {overlay === 'palette' && <Palette onClose={close} onHelp={help} />}
      {overlay === 'help' && <Help onClose={close} />}
      <p className="visually-hidden" aria-live="polite" data-arrived>
        {arrived}
      </p>
      <SessionEnd />
    </div>
  );
}

import { lazy, Suspense, useSyncExternalStore } from 'react';
import { dockStore } from './dock-store.ts';
import '@xterm/xterm/css/xterm.css';
import './dock.css';

const Dock = lazy(() => import('./dock.tsx'));

/** Where terminals and logs are: below every page, so that they outlast it. Nothing of it is loaded before somebody opens one. */
export function DockPlace() {
  const { tabs } = useSyncExternalStore(dockStore.subscribe, dockStore.get);
  if (tabs.length === 0) return null;
  return (
    <Suspense>
      <Dock />
    </Suspense>
  );
}

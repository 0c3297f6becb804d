import { type ClusterRef, sameCluster } from '../hub/in-cluster.ts';

/** Something that is open at the bottom of every page. */
export interface DockTab extends ClusterRef {
  readonly id: number;
  readonly kind: 'logs' | 'shell';
  readonly namespace: string;
  readonly pod: string;
}

export interface DockState {
  readonly tabs: readonly DockTab[];
  readonly active: number | undefined;
}

let state: DockState = { tabs: [], active: undefined };
let last = 0;
const listeners = new Set<() => void>();

function set(next: DockState): void {
  state = next;
  for (const listener of listeners) listener();
}

/** Opens it, or goes to the tab that has it already: logs once, shells as often as somebody wants. */
export function openDock(wanted: Omit<DockTab, 'id'>): void {
  const there = state.tabs.find(
    (tab) =>
      wanted.kind === 'logs' &&
      tab.kind === 'logs' &&
      sameCluster(tab, wanted) &&
      tab.namespace === wanted.namespace &&
      tab.pod === wanted.pod,
  );
  if (there !== undefined) return set({ ...state, active: there.id });
  last += 1;
  set({ tabs: [...state.tabs, { ...wanted, id: last }], active: last });
}

export function closeDock(id: number): void {
  const at = state.tabs.findIndex((tab) => tab.id === id);
  const tabs = state.tabs.filter((tab) => tab.id !== id);
  const next = tabs[Math.min(at, tabs.length - 1)]?.id;
  set({ tabs, active: state.active === id ? next : state.active });
}

export const activateDock = (id: number): void => set({ ...state, active: id });

export const dockStore = {
  get: (): DockState => state,
  subscribe(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
};

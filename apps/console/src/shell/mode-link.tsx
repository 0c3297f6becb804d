import { useRouter, useRouterState, useSearch } from '@tanstack/react-router';
import type { MouseEvent, ReactNode } from 'react';
import { type Mode, modeOf } from '../paths.ts';
import { placeInMode } from '../state/last-place.ts';

/** The mode of the page, and how to get to one: in the scope of now, to where one was last. */
export function useMode() {
  const router = useRouter();
  const path = useRouterState({ select: ({ location }) => location.pathname });
  const { project } = useSearch({ from: '__root__' });
  const mode = modeOf(path);
  return {
    mode,
    placeIn: (wanted: Mode) => placeInMode(wanted, project),
    go: (wanted: Mode) => router.history.push(router.basepath + placeInMode(wanted, project)),
  };
}

/** A real link, so that it can be opened elsewhere and its address seen. */
export function ModeLink(props: {
  readonly to: Mode;
  readonly className: string;
  readonly onGo?: () => void;
  readonly children: ReactNode;
}) {
  const router = useRouter();
  const { mode, placeIn, go } = useMode();
  const follow = (event: MouseEvent) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    props.onGo?.();
    if (props.to !== mode) go(props.to);
  };
  return (
    <a
      href={router.basepath + placeIn(props.to)}
      className={props.className}
      aria-current={props.to === mode ? 'true' : undefined}
      onClick={follow}
    >
      {props.children}
    </a>
  );
}

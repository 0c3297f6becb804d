import { type ReactNode, useEffect, useRef } from 'react';

/** Links to the parts of a page; where they do not all fit, the one of now is scrolled to. */
export function Tabs(props: { readonly label: string; readonly children: ReactNode }) {
  const bar = useRef<HTMLElement>(null);
  useEffect(() => {
    // Newer browsers answer with a promise, which React would take for what to clean up with.
    bar.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  });
  return (
    <nav ref={bar} className="tabs" aria-label={props.label}>
      {props.children}
    </nav>
  );
}

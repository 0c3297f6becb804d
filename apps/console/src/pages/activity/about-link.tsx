import { useRouter, useSearch } from '@tanstack/react-router';
import type { MouseEvent } from 'react';
import { hrefOfKind } from '../kinds/object-place.ts';
import type { Happening } from './happenings.ts';

/** To the one page of what something is about; what has none is only named. */
export function AboutLink({ about, onGo }: { readonly about: Happening['about']; readonly onGo?: () => void }) {
  const router = useRouter();
  const { project } = useSearch({ from: '__root__' });
  const place = hrefOfKind(about.kind, about);
  if (place === undefined) return <span className="clip">{about.name}</span>;
  const url = new URL(place, 'https://console.invalid');
  if (project !== undefined) url.searchParams.set('project', project);
  const href = `${router.basepath}${url.pathname}${url.search}`;
  const go = (event: MouseEvent) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || event.button !== 0) return;
    event.preventDefault();
    onGo?.();
    router.history.push(href);
  };
  return (
    <a href={href} className="clip" data-row onClick={go}>
      {about.name}
    </a>
  );
}

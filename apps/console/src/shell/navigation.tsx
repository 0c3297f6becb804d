import { Link } from '@tanstack/react-router';
import { PLACES } from '../paths.ts';
import { useMode } from './mode-link.tsx';

export function Navigation({ open }: { readonly open: boolean }) {
  const { mode } = useMode();
  return (
    <nav className={`navigation ${open ? 'navigation-open' : ''}`} aria-label={mode === 'clusters' ? 'Cluster mode' : 'App mode'}>
      {PLACES[mode].map(({ path, title, icon: Icon }) => (
        <Link
          key={path}
          to={path}
          className="navigation-item"
          activeOptions={{ includeSearch: false }}
          activeProps={{ 'aria-current': 'page' }}
        >
          <Icon size={16} aria-hidden />
          {title}
        </Link>
      ))}
    </nav>
  );
}

import { SHORTCUTS } from './use-shortcuts.ts';

/** Every shortcut with what it does: in the help and in the settings. */
export function ShortcutList() {
  return (
    <dl className="facts">
      {SHORTCUTS.map(([keys, what]) => (
        <div key={keys} className="facts-row">
          <dt>
            <kbd>{keys}</kbd>
          </dt>
          <dd>{what}</dd>
        </div>
      ))}
    </dl>
  );
}

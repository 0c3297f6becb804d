import type { VariableUse } from '@slipway/model/browser-profiles';
import { Empty, Panel } from '@slipway/ui';
import { Link } from '@tanstack/react-router';
import { Unlink } from 'lucide-react';
import type { LayerPanelName } from './panels.ts';

/** Where a layer's place is looked at. */
const panelOf = (path: string): LayerPanelName | undefined => (path.startsWith('values') ? 'yaml' : undefined);

/** Every place that refers to a variable; each leads there. */
export function VariableUses({ uses }: { readonly uses: readonly VariableUse[] }) {
  return (
    <Panel title="Where it is used" flush aside={<span className="quiet">{uses.length}</span>}>
      {uses.length === 0 && (
        <Empty icon={Unlink} title="Nothing uses it">
          <p>Clusters would be asked for something that changes nothing. Use it in a layer, or remove it.</p>
        </Empty>
      )}
      <ul className="library-list" aria-label="Where it is used">
        {uses.map(({ layer, path }) => (
          <li key={`${layer}/${path}`} className="library-item">
            {layer === undefined ? (
              <Link to="." search={(before) => ({ ...before, variable: /^variables\.(\w+)/.exec(path)?.[1], layer: undefined })}>
                default of {/^variables\.(\w+)/.exec(path)?.[1]}
              </Link>
            ) : (
              <Link
                to="."
                search={(before) => ({ ...before, layer, panel: panelOf(path), variable: undefined })}
                aria-label={`${layer}: ${path}`}
              >
                {layer}
              </Link>
            )}
            <code className="small grow">{layer === undefined ? '' : path}</code>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

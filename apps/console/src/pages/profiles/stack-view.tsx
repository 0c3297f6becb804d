import type { FieldCause } from '@slipway/kit/errors';
import type { Layer, ProfileVersion } from '@slipway/model';
import { effectiveOrder, fullDependencies, moveLayer } from '@slipway/model/browser-profiles';
import { Button, Notice, Panel } from '@slipway/ui';
import { Link } from '@tanstack/react-router';
import { ArrowDown, ArrowUp, Ban } from 'lucide-react';
import { type DragEvent, type KeyboardEvent, useRef, useState } from 'react';
import type { Cluster, Pack } from '../../hub/objects.ts';
import { layerUses, pinnedPack } from './layer-facts.ts';
import { LayerMarks } from './layer-marks.tsx';
import type { ProfilePlace } from './profile-place.ts';
import { causesOfLayer } from './use-verdict.ts';
import { withLayer } from './working-copy.ts';

export interface StackProps {
  readonly place: ProfilePlace;
  readonly version: ProfileVersion;
  readonly selected: string | undefined;
  readonly packs: readonly Pack[];
  readonly clusters: readonly Cluster[];
  readonly causes: readonly FieldCause[];
  /** Why nothing can be moved; undefined for a draft that may be changed. */
  readonly fixed: string | undefined;
  readonly edit: (change: (version: ProfileVersion) => ProfileVersion) => void;
}

/** The layers in the order in which they are installed. A layer is moved by dragging, by its buttons, or by Alt and an arrow. */
export function StackView(props: StackProps) {
  const { version, fixed, edit } = props;
  const order = effectiveOrder(version.layers);
  const [told, setTold] = useState<{ why?: string; done?: string }>({});
  const [over, setOver] = useState<number>();
  const dragged = useRef<string>(undefined);
  const list = useRef<HTMLOListElement>(null);

  const move = (name: string, to: number): void => {
    if (fixed !== undefined) return setTold({ why: fixed });
    if (to < 0 || to >= order.length) return setTold({ why: `“${name}” is the ${to < 0 ? 'first' : 'last'} layer already.` });
    const moved = moveLayer(version.layers, name, to);
    if (!moved.ok) return setTold({ why: moved.why });
    edit((before) => moved.layers.reduce((all, layer) => withLayer(all, layer.name, () => layer), before));
    setTold({ done: `“${name}” is layer ${to + 1} of ${order.length} now.` });
  };
  const onKeyDown = (event: KeyboardEvent, name: string, at: number) => {
    const step = { ArrowDown: 1, ArrowUp: -1, j: 1, k: -1 }[event.key];
    if (step === undefined || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    if (event.altKey) return move(name, at + step);
    list.current?.querySelectorAll<HTMLElement>('.layer-link')[at + step]?.focus();
  };
  const onDrop = (event: DragEvent, at: number) => {
    event.preventDefault();
    setOver(undefined);
    if (dragged.current !== undefined) move(dragged.current, at);
    dragged.current = undefined;
  };
  return (
    <Panel title="Stack" flush aside={<span className="quiet small">installed from top to bottom</span>}>
      <div role="status" className="stack-told">
        {told.why !== undefined && (
          <Notice icon={Ban} tone="warn">
            <p>{told.why}</p>
          </Notice>
        )}
        {told.done !== undefined && <span className="visually-hidden">{told.done}</span>}
      </div>
      <ol className="layers" ref={list}>
        {order.map((layer, at) => (
          <li
            key={layer.name}
            className={`layer ${over === at ? 'layer-over' : ''} ${layer.name === props.selected ? 'layer-selected' : ''}`}
            draggable={fixed === undefined}
            onDragStart={(event) => {
              dragged.current = layer.name;
              event.dataTransfer.setData('text/plain', layer.name);
              event.dataTransfer.effectAllowed = 'move';
            }}
            onDragOver={(event) => {
              if (dragged.current === undefined) return;
              event.preventDefault();
              setOver(at);
            }}
            onDragLeave={() => setOver(undefined)}
            onDrop={(event) => onDrop(event, at)}
            onDragEnd={() => setOver(undefined)}
          >
            <LayerRow {...props} layer={layer} at={at} onKeyDown={(event) => onKeyDown(event, layer.name, at)} />
            {fixed === undefined && (
              <span className="layer-moves">
                <Button look="icon" aria-label={`Move ${layer.name} up`} onClick={() => move(layer.name, at - 1)}>
                  <ArrowUp size={14} aria-hidden />
                </Button>
                <Button look="icon" aria-label={`Move ${layer.name} down`} onClick={() => move(layer.name, at + 1)}>
                  <ArrowDown size={14} aria-hidden />
                </Button>
              </span>
            )}
          </li>
        ))}
      </ol>
      {fixed === undefined && (
        <p className="panel-foot small quiet">
          Drag a layer, use its arrows, or <kbd>Alt</kbd> <kbd>↑</kbd> <kbd>↓</kbd> on it.
        </p>
      )}
    </Panel>
  );
}

function LayerRow({
  layer,
  at,
  onKeyDown,
  ...props
}: StackProps & { readonly layer: Layer; readonly at: number; readonly onKeyDown: (event: KeyboardEvent) => void }) {
  const { version, selected, place } = props;
  const waitsFor = layer.dependsOn;
  const natural = fullDependencies(layer, version.layers).filter((name) => !waitsFor.includes(name));
  return (
    <Link
      to="."
      search={(before) => ({ ...before, layer: layer.name, variable: undefined })}
      className="layer-link"
      aria-current={layer.name === selected ? 'true' : undefined}
      onKeyDown={onKeyDown}
      draggable={false}
    >
      <LayerMarks
        layer={layer}
        at={at}
        pinned={pinnedPack(layer, props.packs, place.project)}
        uses={layerUses(props.clusters, place, version.version, layer.name)}
        causes={causesOfLayer(
          props.causes,
          version.layers.findIndex(({ name }) => name === layer.name),
        )}
      />
      {waitsFor.length > 0 && <span className="layer-after small">waits for {waitsFor.join(', ')}</span>}
      {waitsFor.length === 0 && natural.length > 0 && <span className="layer-after small quiet">after {natural.join(', ')}</span>}
    </Link>
  );
}

import type { FieldCause } from '@slipway/kit/errors';
import type { Layer, ProfileVersion } from '@slipway/model';
import { Button, Empty, Notice, Panel, Skeleton, Tabs } from '@slipway/ui';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { BookOpen, CircleX, MousePointerClick, Trash2 } from 'lucide-react';
import type { Cluster, Pack } from '../../hub/objects.ts';
import { usePackInfo } from '../../hub/use-pack-info.ts';
import { Readme } from '../packs/readme.tsx';
import { Problem } from '../problem-pages.tsx';
import { layerUses, pinnedPack } from './layer-facts.ts';
import { LAYER_PANELS, type LayerPanelName } from './panels.ts';
import { LayerSettings } from './layer-settings.tsx';
import { LayerValues } from './layer-values.tsx';
import type { ProfilePlace } from './profile-place.ts';
import { UsedBy } from './used-by.tsx';
import { useTemplateNames } from './use-template-names.ts';
import { causesOfLayer, fieldWithin } from './use-verdict.ts';
import { whyStays, withLayer, withoutLayer } from './working-copy.ts';

const PANEL_WORDS: Readonly<Record<LayerPanelName, string>> = {
  settings: 'Layer',
  form: 'Values',
  yaml: 'YAML',
  readme: 'README',
  used: 'Used by',
};

export interface LayerPanelProps {
  readonly place: ProfilePlace;
  readonly version: ProfileVersion;
  readonly packs: readonly Pack[];
  readonly clusters: readonly Cluster[];
  readonly causes: readonly FieldCause[];
  readonly fixed: string | undefined;
  readonly edit: (change: (version: ProfileVersion) => ProfileVersion) => void;
}

/** The selected layer: what it is, its values as form or YAML, what its pack says of itself, and who uses it. */
export function LayerPanel(props: LayerPanelProps) {
  const { version, fixed, edit } = props;
  const { layer: name } = useSearch({ from: '/clusters/profiles/$in/$name' });
  const { panel = 'settings' } = useSearch({ from: '/clusters/profiles/$in/$name' });
  const navigate = useNavigate({ from: '/clusters/profiles/$in/$name' });
  const at = version.layers.findIndex((one) => one.name === name);
  const layer = version.layers[at];
  if (layer === undefined)
    return (
      <Panel title="Selected layer">
        <Empty icon={MousePointerClick} title={name === undefined ? 'No layer is selected' : `“${name}” is not in this version`}>
          <p>Select a layer of the stack to see what it is made of.</p>
        </Empty>
      </Panel>
    );
  const causes = causesOfLayer(props.causes, at);
  const remove = () => {
    edit((before) => withoutLayer(before, layer.name));
    void navigate({ search: (before) => ({ ...before, layer: undefined }) });
  };
  return (
    <Panel
      title={layer.displayName ?? layer.name}
      flush
      aside={
        <Button look="icon" aria-label={`Remove layer ${layer.name}`} because={fixed ?? whyStays(version, layer.name)} onClick={remove}>
          <Trash2 size={15} aria-hidden />
        </Button>
      }
    >
      <Tabs label="Parts of the layer">
        {LAYER_PANELS.map((one) => (
          <Link
            key={one}
            to="."
            search={(before) => ({ ...before, panel: one === 'settings' ? undefined : one })}
            className="tab"
            activeOptions={{ exact: true }}
            aria-current={one === panel ? 'true' : undefined}
          >
            {PANEL_WORDS[one]}
          </Link>
        ))}
      </Tabs>
      {causes.length > 0 && (
        <Notice icon={CircleX} tone="bad" role="status">
          <ul>
            {causes.map(({ field, message }) => (
              <li key={`${field}${message}`}>
                {fieldWithin(field) !== '' && <code>{fieldWithin(field)}</code>} {message}
              </li>
            ))}
          </ul>
        </Notice>
      )}
      <Part
        key={layer.name}
        {...props}
        panel={panel}
        layer={layer}
        change={(next) => edit((before) => withLayer(before, layer.name, next))}
      />
    </Panel>
  );
}

function Part({
  panel,
  layer,
  change,
  ...props
}: LayerPanelProps & {
  readonly panel: LayerPanelName;
  readonly layer: Layer;
  readonly change: (next: (layer: Layer) => Layer) => void;
}) {
  const pinned = pinnedPack(layer, props.packs, props.place.project);
  const { info, problem } = usePackInfo(pinned?.pack, layer.chart?.version);
  const names = useTemplateNames(props.version, layer.name, props.place.project);
  switch (panel) {
    case 'settings':
      return <LayerSettings layer={layer} version={props.version} pinned={pinned} info={info} fixed={props.fixed} change={change} />;
    case 'form':
    case 'yaml':
      return <LayerValues layer={layer} info={info} problem={problem} names={names} as={panel} fixed={props.fixed} change={change} />;
    case 'readme':
      return (
        <div className="panel-body">
          {problem !== undefined && <Problem error={problem} />}
          {info?.readme !== undefined && <Readme text={info.readme} />}
          {info !== undefined && info.readme === undefined && (
            <Empty icon={BookOpen} title="No README">
              <p>The pack says nothing more about itself.</p>
            </Empty>
          )}
          {info === undefined && problem === undefined && (pinned === undefined ? <NoPack layer={layer} /> : <Skeleton lines={8} />)}
        </div>
      );
    case 'used':
      return <UsedBy uses={layerUses(props.clusters, props.place, props.version.version, layer.name)} version={props.version.version} />;
  }
}

const NoPack = ({ layer }: { readonly layer: Layer }) => (
  <Empty icon={BookOpen} title="No README">
    <p>
      {layer.chart === undefined
        ? 'The layer is not made from a pack.'
        : `No registry that you may see lists the pack “${layer.chart.name}”.`}
    </p>
  </Empty>
);

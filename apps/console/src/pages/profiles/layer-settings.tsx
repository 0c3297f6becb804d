import type { Layer, PackInfo, ProfileVersion } from '@slipway/model';
import { LAYER_TYPES } from '@slipway/model/browser-profiles';
import { type ReactNode, useId } from 'react';
import type { PinnedPack } from './layer-facts.ts';
import { contentText } from './layer-facts.ts';
import { LAYER_WORDS } from './layer-marks.tsx';
import '../../forms/forms.css';

interface LayerSettingsProps {
  readonly layer: Layer;
  readonly version: ProfileVersion;
  readonly pinned: PinnedPack | undefined;
  readonly info: PackInfo | undefined;
  readonly fixed: string | undefined;
  readonly change: (next: (layer: Layer) => Layer) => void;
}

/** What a layer is: its pack at a version, its type, its namespace, what it waits for, and its presets. */
export function LayerSettings(props: LayerSettingsProps) {
  const { layer, pinned, info, fixed, change } = props;
  const versions = pinned?.pack.spec.versions.map(({ version }) => version) ?? [];
  const { chart } = layer;
  return (
    <fieldset className="plain-fieldset form" disabled={fixed !== undefined}>
      <legend className="visually-hidden">Layer</legend>
      {fixed !== undefined && <p className="quiet">{fixed}</p>}
      <p>
        {contentText(layer)}
        {pinned?.version !== undefined && (
          <span className="small quiet block mono clip" title={pinned.version.digest}>
            {pinned.version.digest}
          </span>
        )}
      </p>
      <Row label="Display name" about="What people read instead of the name.">
        {(id) => (
          <input
            id={id}
            className="field"
            autoComplete="off"
            placeholder={layer.name}
            value={layer.displayName ?? ''}
            onChange={({ target: { value } }) =>
              change(({ displayName: _old, ...rest }) => (value === '' ? rest : { ...rest, displayName: value }))
            }
          />
        )}
      </Row>
      {chart !== undefined && (
        <Row label="Version" about={pinned?.newer === undefined ? 'The newest release of the pack.' : `${pinned.newer} is newer.`}>
          {(id) => (
            <select
              id={id}
              className="field"
              value={chart.version}
              onChange={({ target: { value } }) => change((before) => ({ ...before, chart: { ...chart, version: value } }))}
            >
              {[...new Set([chart.version, ...versions])].map((one) => (
                <option key={one} value={one}>
                  {one}
                </option>
              ))}
            </select>
          )}
        </Row>
      )}
      <Row label="Type" about="Types are installed one after the other, from the operating system to add-ons.">
        {(id) => (
          <select
            id={id}
            className="field"
            value={layer.type}
            onChange={({ target: { value } }) => change((before) => ({ ...before, type: value as Layer['type'] }))}
          >
            {LAYER_TYPES.map((one) => (
              <option key={one} value={one}>
                {LAYER_WORDS[one]}
              </option>
            ))}
          </select>
        )}
      </Row>
      <Row label="Namespace" about="Made if absent, and removed with the last layer in it.">
        {(id) => (
          <input
            id={id}
            className="field"
            autoComplete="off"
            value={layer.namespace}
            onChange={({ target: { value } }) => change((before) => ({ ...before, namespace: value }))}
          />
        )}
      </Row>
      <WaitsFor {...props} />
      <Presets info={info} layer={layer} change={change} />
    </fieldset>
  );
}

function Row(props: { readonly label: string; readonly about: string; readonly children: (id: string) => ReactNode }) {
  const id = useId();
  return (
    <div className="form-row">
      <label htmlFor={id}>{props.label}</label>
      {props.children(id)}
      <p className="small quiet">{props.about}</p>
    </div>
  );
}

function WaitsFor({ layer, version, change }: LayerSettingsProps) {
  const others = version.layers.filter(({ name }) => name !== layer.name);
  if (others.length === 0) return null;
  return (
    <fieldset className="form-group">
      <legend>Waits for</legend>
      {others.map(({ name }) => (
        <label key={name} className="row">
          <input
            type="checkbox"
            checked={layer.dependsOn.includes(name)}
            onChange={({ target: { checked } }) =>
              change((before) => ({
                ...before,
                dependsOn: checked ? [...before.dependsOn, name] : before.dependsOn.filter((one) => one !== name),
              }))
            }
          />
          {name}
        </label>
      ))}
      <p className="small quiet">Must be Ready first, besides the natural order of the types. A circle is refused, naming it.</p>
    </fieldset>
  );
}

function Presets({ info, layer, change }: Pick<LayerSettingsProps, 'info' | 'layer' | 'change'>) {
  const presets = info?.metadata.presets ?? [];
  if (presets.length === 0) return null;
  return (
    <fieldset className="form-group">
      <legend>Presets</legend>
      {presets.map(({ name, displayName, group }) => (
        <label key={name} className="row">
          <input
            type="checkbox"
            checked={layer.presets.includes(name)}
            onChange={({ target: { checked } }) => {
              // At most one of a group.
              const rivals = new Set(presets.filter((one) => group !== undefined && one.group === group).map((one) => one.name));
              change((before) => ({
                ...before,
                presets: [...before.presets.filter((one) => one !== name && !(checked && rivals.has(one))), ...(checked ? [name] : [])],
              }));
            }}
          />
          {displayName ?? name}
          {group !== undefined && <span className="small quiet">{group}</span>}
        </label>
      ))}
    </fieldset>
  );
}

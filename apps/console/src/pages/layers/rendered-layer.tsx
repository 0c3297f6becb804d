import type { ClusterValues, LayerValues } from '@slipway/model';
import { macroOriginWords, profileText, VARIABLE_ORIGIN_WORDS } from '@slipway/model/browser-profiles';
import { Empty, Notice } from '@slipway/ui';
import { Link } from '@tanstack/react-router';
import { Lock, SquareDashed, TriangleAlert } from 'lucide-react';
import { stringify } from 'yaml';
import type { Cluster } from '../../hub/objects.ts';
import { YamlEditor } from '../../yaml/yaml-editor.tsx';
import { profilePath } from '../profiles/profile-place.ts';
import { type RenderedRow, renderedRows, variableIn } from './rendered-rows.ts';

const MASK = '***';

/** What one layer is told: its values with who says so, or its objects. Beside what they are now, when it would be something else. */
export function LayerShown({
  cluster,
  layer,
  now,
}: {
  readonly cluster: Cluster;
  readonly layer: LayerValues;
  readonly now: LayerValues | undefined;
}) {
  const rows = renderedRows(layer, now);
  const compared = now !== undefined;
  return (
    <>
      <p className="rendered-about quiet small">
        {layer.content}, of {layer.profile}, in namespace {layer.namespace}
      </p>
      {layer.incomplete !== undefined && (
        <Notice icon={TriangleAlert} tone="warn">
          <p>Incomplete: {layer.incomplete}.</p>
        </Notice>
      )}
      {layer.objects !== undefined && (
        <YamlEditor
          label={`Objects of ${layer.name}`}
          value={layer.objects.map((object) => stringify(object, { lineWidth: 0, aliasDuplicateObjects: false })).join('---\n')}
        />
      )}
      {layer.objects === undefined && rows.length === 0 && (
        <Empty icon={SquareDashed} title="It is told nothing">
          <p>Nobody says anything otherwise than the layer has it by itself.</p>
        </Empty>
      )}
      {rows.length > 0 && (
        <div className="table-scroll" tabIndex={0} role="group" aria-label={`Values of ${layer.name}`}>
          <table className="table">
            <thead>
              <tr>
                <th>Value</th>
                <th>{compared ? 'Would be' : 'Is'}</th>
                {compared && <th>Is now</th>}
                <th>Where it comes from</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <tr key={row.path}>
                  <th scope="row" className="mono">
                    {row.path}
                  </th>
                  <td className="mono message">
                    {row.text === undefined ? <span className="quiet">gone</span> : <Masked text={row.text} />}
                  </td>
                  {compared && (
                    <td className="mono message">{row.was === undefined ? <span className="quiet">the same</span> : row.was}</td>
                  )}
                  <td>
                    {row.from}
                    <Uses cluster={cluster} layer={layer} row={row} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </>
  );
}

const Masked = ({ text }: { readonly text: string }) =>
  text.includes(MASK) ? (
    <span className="mark" title="A secret, or made from one: it is never shown.">
      <Lock size={13} className="tone-quiet" aria-hidden />
      {text}
      <span className="visually-hidden">(secret)</span>
    </span>
  ) : (
    text
  );

/** What a value is filled in from; a variable leads to its definition. */
function Uses({
  cluster: { spec, metadata },
  layer,
  row,
}: {
  readonly cluster: Cluster;
  readonly layer: LayerValues;
  readonly row: RenderedRow;
}) {
  const ref = [spec.profile, ...spec.addons].find(({ scope, name }) => layer.profile.startsWith(profileText({ scope, name, version: '' })));
  return row.uses.map((use) => {
    const variable = variableIn(use);
    return (
      <span key={use} className="block small">
        {ref === undefined || variable === undefined ? (
          <code>{use}</code>
        ) : (
          <Link
            to={profilePath({ scope: ref.scope, name: ref.name, ...(ref.scope === 'project' ? { project: metadata.namespace } : {}) })}
            search={(before) => ({ project: before.project, version: layer.profile.split('@').at(-1), variable })}
          >
            <code>{use}</code>
          </Link>
        )}
      </span>
    );
  });
}

/** The variables and macros that were filled in, and who says what they are. */
export function Origins({ values: { variables, macros } }: { readonly values: ClusterValues }) {
  if (variables.length + macros.length === 0) return null;
  return (
    <div className="table-scroll rendered-origins" tabIndex={0} role="group" aria-label="Variables and macros">
      <table className="table">
        <thead>
          <tr>
            <th>Variable or macro</th>
            <th>Is</th>
            <th>Where it comes from</th>
          </tr>
        </thead>
        <tbody>
          {variables.map(({ name, value, from, profile }) => (
            <tr key={`.var.${name}`}>
              <th scope="row" className="mono">
                .var.{name}
              </th>
              <td className="mono message">
                <Masked text={typeof value === 'string' ? value : (JSON.stringify(value) ?? '–')} />
              </td>
              <td>
                {VARIABLE_ORIGIN_WORDS[from]} <span className="quiet small">{profile}</span>
              </td>
            </tr>
          ))}
          {macros.map((macro) => (
            <tr key={`.macro.${macro.name}`}>
              <th scope="row" className="mono">
                .macro.{macro.name}
              </th>
              <td className="mono message">
                <Masked text={macro.value} />
              </td>
              <td>{macroOriginWords(macro)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

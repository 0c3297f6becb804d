import type { Layer, PackInfo } from '@slipway/model';
import { blankReferences } from '@slipway/model/browser-profiles';
import { Skeleton } from '@slipway/ui';
import { useMemo } from 'react';
import { stringify } from 'yaml';
import { SchemaForm } from '../../forms/schema-form.tsx';
import type { YamlPath } from '../../yaml/edit-yaml.ts';
import type { OpenApi, Schema } from '../../yaml/schema.ts';
import { knowledgeOf } from '../../yaml/knowledge.ts';
import { templateKnowledge, type TemplateNames } from '../../yaml/template-knowledge.ts';
import { YamlEditor } from '../../yaml/yaml-editor.tsx';
import { Problem } from '../problem-pages.tsx';
import { schemaOfValues } from './values-schema.ts';
import { whyNotText } from './working-copy.ts';

interface LayerValuesProps {
  readonly layer: Layer;
  readonly info: PackInfo | undefined;
  readonly problem: unknown;
  /** What its texts may refer to. */
  readonly names: TemplateNames;
  readonly as: 'form' | 'yaml';
  readonly fixed: string | undefined;
  readonly change: (next: (layer: Layer) => Layer) => void;
}

const ROOT: readonly YamlPath[] = [[]];

/** What a layer sets of its pack's values, as one text: its comments and order are part of the profile. */
function valuesText({ valuesYaml, values }: Layer): string {
  const set = Object.keys(values).length > 0;
  if (!set) return valuesYaml ?? '';
  const text = stringify(values, { lineWidth: 0 });
  return valuesYaml === undefined ? text : `${valuesYaml.trimEnd()}\n# and, laid over it:\n${text}`;
}

/** The values a layer sets, as a form made from the pack's schema or as YAML. */
export function LayerValues({ layer, info, problem, names, as, fixed: fixedBefore, change }: LayerValuesProps) {
  const notText = whyNotText(layer);
  const fixed = fixedBefore ?? notText;
  const text = useMemo(() => valuesText(layer), [layer]);
  const known = useMemo(() => (info === undefined ? undefined : schemaOfValues(info)), [info]);
  const knowledge = useMemo(
    () => templateKnowledge(names, known === undefined ? undefined : knowledgeOf(known.document, known.schema)),
    [names, known],
  );
  const put = (next: string) =>
    change(({ valuesYaml: _text, ...rest }) => ({ ...rest, values: {}, ...(next.trim() === '' ? {} : { valuesYaml: next }) }));
  if (problem !== undefined)
    return (
      <div className="panel-body">
        <Problem error={problem} />
      </div>
    );
  if (as === 'yaml')
    return (
      <>
        {notText !== undefined && <p className="panel-body quiet">{notText}</p>}
        <YamlEditor
          label={`Values of ${layer.name}`}
          value={text}
          knowledge={knowledge}
          readAs={blankReferences}
          onChange={fixed === undefined ? put : undefined}
        />
      </>
    );
  if (layer.chart !== undefined && known === undefined)
    return (
      <div className="panel-body">
        <Skeleton lines={6} />
      </div>
    );
  return <ValuesForm known={known} text={text} fixed={fixed} put={put} />;
}

function ValuesForm(props: {
  readonly known: { readonly document: OpenApi; readonly schema: Schema } | undefined;
  readonly text: string;
  readonly fixed: string | undefined;
  readonly put: (text: string) => void;
}) {
  const { known, text, fixed, put } = props;
  if (known === undefined || Object.keys(known.schema.properties ?? {}).length === 0)
    return <p className="panel-body quiet">Nothing says what values it takes, so there is no form: write them as YAML.</p>;
  return (
    <fieldset className="plain-fieldset" disabled={fixed !== undefined}>
      <legend className="visually-hidden">Values</legend>
      {fixed !== undefined && <p className="panel-body quiet">{fixed}</p>}
      <SchemaForm document={known.document} schema={known.schema} parts={ROOT} text={text} onText={put} problems={[]} />
    </fieldset>
  );
}

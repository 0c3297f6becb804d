import type { PackInfo } from '@slipway/model';
import { Panel } from '@slipway/ui';
import { Link, useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import { SchemaForm } from '../../forms/schema-form.tsx';
import type { YamlPath } from '../../yaml/edit-yaml.ts';
import { YamlEditor } from '../../yaml/yaml-editor.tsx';
import { schemaOfValues } from '../profiles/values-schema.ts';

const ROOT: readonly YamlPath[] = [[]];
const AS = [
  [undefined, 'YAML'],
  ['form', 'Form'],
] as const;

/** What can be set of a pack: as its author wrote it, or as the form that a layer of it has. For reading: values are set in a profile. */
export function PackValues({ info }: { readonly info: PackInfo }) {
  const { values: as } = useSearch({ from: '/clusters/packs/packs/$name' });
  const known = useMemo(() => schemaOfValues(info), [info]);
  return (
    <Panel
      title="Values"
      flush
      aside={
        <nav className="segments" aria-label="Values as">
          {AS.map(([which, words]) => (
            <Link
              key={words}
              to="."
              search={(before) => ({ ...before, values: which })}
              className="segment"
              activeOptions={{ exact: true }}
              aria-current={as === which ? 'true' : undefined}
            >
              {words}
            </Link>
          ))}
        </nav>
      }
    >
      {as === undefined && <YamlEditor label={`Values of ${info.name}`} value={info.valuesYaml} />}
      {as === 'form' && Object.keys(known.schema.properties ?? {}).length === 0 && (
        <p className="panel-body quiet">Nothing says what values it takes, so there is no form.</p>
      )}
      {as === 'form' && (
        <fieldset className="plain-fieldset" disabled>
          <legend className="visually-hidden">Values of {info.name}</legend>
          <SchemaForm document={known.document} schema={known.schema} parts={ROOT} text="{}" onText={() => undefined} problems={[]} />
        </fieldset>
      )}
    </Panel>
  );
}

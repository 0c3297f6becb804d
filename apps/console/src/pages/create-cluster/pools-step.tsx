import { Button, Notice } from '@slipway/ui';
import { CircleAlert, Info, Plus, Trash2 } from 'lucide-react';
import { Field, Fields } from '../../forms/field.tsx';
import { YamlForm } from '../../forms/schema-form.tsx';
import { type Schema, schemaAt, schemaOfKind } from '../../yaml/schema.ts';
import { freePoolName, poolText, type PoolText, read } from './draft.ts';
import type { StepProps } from './step.ts';

/** Machines: control planes, and pools of workers. */
export function PoolsStep({ draft, onChange, problems, document, schema }: StepProps) {
  const control = schemaAt(document, schema, ['spec', 'controlPlane']) ?? {};
  const poolSchema = schemaOfKind(document, 'MachinePool');
  const pool = poolFields((poolSchema && schemaAt(document, poolSchema, ['spec'])) ?? {});
  const change = (index: number, text: string | undefined) =>
    onChange({ ...draft, pools: draft.pools.flatMap((one, at) => (at === index ? (text === undefined ? [] : [text]) : [one])) });
  return (
    <div className="stack pools">
      {problems
        .filter(({ field }) => field === 'quota')
        .map(({ message }) => (
          <Notice key={message} icon={CircleAlert} tone="bad">
            <p>It does not fit: {message}</p>
          </Notice>
        ))}
      <fieldset className="form-group">
        <legend>Control plane</legend>
        <YamlForm
          document={document}
          text={draft.cluster}
          onText={(cluster) => onChange({ ...draft, cluster })}
          problems={problems.filter((one) => one.pool === undefined)}
        >
          <Field
            path={['spec', 'controlPlane', 'replicas']}
            label="Machines"
            schema={{ ...control.properties?.['replicas'], description: 'Three or five survive the loss of one or two; one does not.' }}
          />
          <Field path={['spec', 'controlPlane', 'size']} label="Size" schema={sizeFields(control.properties?.['size'] ?? {})} />
        </YamlForm>
      </fieldset>
      {draft.pools.length === 0 && (
        <Notice icon={Info}>
          <p>Without a pool of workers, nothing but the control plane runs.</p>
        </Notice>
      )}
      {draft.pools.map((text, index) => (
        <fieldset key={index} className="form-group">
          <legend>Pool {nameOf(text) || index + 1}</legend>
          <YamlForm
            document={document}
            text={text}
            onText={(next) => change(index, next)}
            problems={problems.filter((one) => one.pool === index)}
          >
            <Fields path={['spec']} schema={pool} />
          </YamlForm>
          <Button aria-label={`Remove pool ${nameOf(text) || index + 1}`} onClick={() => change(index, undefined)}>
            <Trash2 size={14} aria-hidden />
            Remove pool
          </Button>
        </fieldset>
      ))}
      <div>
        <Button onClick={() => onChange({ ...draft, pools: [...draft.pools, poolText(freePoolName(draft))] })}>
          <Plus size={14} aria-hidden />
          Add a pool
        </Button>
      </div>
    </div>
  );
}

const nameOf = (text: string): string => read<PoolText>(text).spec?.pool ?? '';

const sizeFields = (size: Schema): Schema => ({ ...size, description: 'Empty takes what the gateway gives by itself.' });

/** What is asked of a pool: its cluster is this one, and overrides are for a cluster that is there. */
function poolFields(spec: Schema): Schema {
  const { cluster: _cluster, overrides: _overrides, size = {}, pool = {}, replicas = {}, ...rest } = spec.properties ?? {};
  return {
    ...spec,
    required: ['pool', 'replicas'],
    properties: { pool: { ...pool, title: 'Name' }, replicas: { ...replicas, title: 'Machines' }, size: sizeFields(size), ...rest },
  };
}

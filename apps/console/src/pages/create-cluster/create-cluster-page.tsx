import { SlipwayError, messageOf } from '@slipway/kit/errors';
import { Button, Notice, Panel, Skeleton } from '@slipway/ui';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { FileClock } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { KINDS } from '../../hub/kinds.ts';
import { useProfiles } from '../../hub/profiles.ts';
import { client } from '../../hub/session.ts';
import { STEPS } from '../../paths.ts';
import { PageHead } from '../../shell/page-title.tsx';
import { type OpenApi, type Schema, schemaOfKind } from '../../yaml/schema.ts';
import { openApi } from '../../yaml/yaml-editor.tsx';
import { Problem } from '../problem-pages.tsx';
import './create-cluster.css';
import { clusterOf, type Draft, objectsOf } from './draft.ts';
import { InfrastructureStep } from './infrastructure-step.tsx';
import { PoolsStep } from './pools-step.tsx';
import { ProfileStep } from './profile-step.tsx';
import { ReviewStep } from './review-step.tsx';
import { STEP_WORDS, Steps } from './steps.tsx';
import { Summary } from './summary.tsx';
import { type Keeping, useDraft, useJudgement } from './use-draft.ts';
import { VariablesStep } from './variables-step.tsx';

export function CreateClusterPage() {
  const [document, setDocument] = useState<OpenApi>();
  const [failed, setFailed] = useState<unknown>();
  useEffect(() => void openApi().then(setDocument, setFailed), []);
  const schema = document === undefined ? undefined : schemaOfKind(document, 'Cluster');
  return (
    <>
      <PageHead title="Create cluster" parent={{ to: '/clusters/list', title: 'Clusters' }} />
      {failed !== undefined && <Problem error={failed} />}
      {failed === undefined &&
        (document === undefined || schema === undefined ? <Skeleton lines={8} /> : <Wizard document={document} schema={schema} />)}
    </>
  );
}

const FORMS = { profile: ProfileStep, infrastructure: InfrastructureStep, pools: PoolsStep, variables: VariablesStep } as const;

function Wizard({ document, schema }: { readonly document: OpenApi; readonly schema: Schema }) {
  const { step = 'profile' } = useSearch({ from: '/clusters/new' });
  const { project = 'default' } = useSearch({ from: '__root__' });
  const navigate = useNavigate();
  const { draft, keeping, change, forget, startOver } = useDraft(project, document, schema);
  const { judgement, asking } = useJudgement(draft, keeping !== 'loading');
  const { profiles, loading } = useProfiles(clusterOf(draft).metadata?.namespace ?? project);
  const making = useMaking(draft);
  const problems = judgement?.problems ?? [];
  const at = STEPS.indexOf(step);
  const go = (to: number) => void navigate({ to: '/clusters/new', search: (before) => ({ project: before.project, step: STEPS[to] }) });
  const create = async () => {
    const made = await making.make();
    if (made === undefined) return;
    await forget();
    void navigate({ to: '/clusters/list/$in/$name', params: made, search: (before) => ({ project: before.project }) });
  };
  const Form = step === 'review' ? undefined : FORMS[step];
  return (
    <div className="wizard">
      <Steps at={step} problems={problems} judged={judgement !== undefined && keeping !== 'loading'} />
      <div className="stack wizard-form">
        {keeping === 'resumed' && (
          <Notice icon={FileClock} role="status">
            <p className="row wrap">
              The cluster you had begun is back, without secrets.
              <Button look="plain" onClick={startOver}>
                Start over
              </Button>
            </p>
          </Notice>
        )}
        {making.error !== undefined && <Problem error={making.error} />}
        <Panel title={STEP_WORDS[step]} flush>
          <div className={Form === undefined ? 'panel-body' : 'wizard-fields'}>
            {Form === undefined ? (
              <ReviewStep draft={draft} document={document} schema={schema} judgement={judgement} />
            ) : (
              <Form
                draft={draft}
                onChange={change}
                problems={problems}
                profiles={profiles}
                loading={loading}
                document={document}
                schema={schema}
              />
            )}
          </div>
          <div className="form-foot">
            <Button because={at === 0 ? 'This is the first step' : undefined} onClick={() => go(at - 1)}>
              Back
            </Button>
            {step === 'review' ? (
              <Button look="primary" because={refusal(making.busy, asking, judgement?.plan !== undefined)} onClick={() => void create()}>
                Create cluster
              </Button>
            ) : (
              <Button look="primary" onClick={() => go(at + 1)}>
                Next
              </Button>
            )}
            <span className="small quiet">{KEEPING_WORDS[keeping]}</span>
          </div>
        </Panel>
      </div>
      <Summary draft={draft} profiles={profiles} judgement={judgement} asking={asking} />
    </div>
  );
}

const KEEPING_WORDS: Readonly<Record<Keeping, string>> = {
  loading: '',
  new: '',
  resumed: 'Kept by the hub for you, without secrets.',
  keeping: 'Being kept…',
  kept: 'Kept by the hub for you, without secrets.',
  'not kept': 'This draft could not be kept: it lasts as long as this page.',
};

const refusal = (busy: boolean, asking: boolean, accepted: boolean): string | undefined => {
  if (busy) return 'It is being made';
  if (asking) return 'The hub is checking it';
  return accepted ? undefined : 'Something is missing or wrong still';
};

/** Creates the cluster, then its pools; what was made by an attempt that failed half way is not made again by the next. */
function useMaking(draft: Draft) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<SlipwayError>();
  const done = useRef(new Set<string>());
  return {
    busy,
    error,
    async make(): Promise<{ in: string; name: string } | undefined> {
      const { cluster, pools } = objectsOf(draft);
      setBusy(true);
      setError(undefined);
      try {
        for (const [kind, object] of [[KINDS.clusters, cluster] as const, ...pools.map((pool) => [KINDS.machinepools, pool] as const)]) {
          const key = `${kind.plural}/${object.metadata.namespace}/${object.metadata.name}`;
          if (!done.current.has(key)) await client.create(kind, object, { fieldValidation: 'Strict' });
          done.current.add(key);
        }
        return { in: cluster.metadata.namespace ?? '', name: cluster.metadata.name ?? '' };
      } catch (caught) {
        setError(caught instanceof SlipwayError ? caught : new SlipwayError('Internal', messageOf(caught)));
        return undefined;
      } finally {
        setBusy(false);
      }
    },
  };
}

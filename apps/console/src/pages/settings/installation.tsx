import type { ApiObject, TenantSpec } from '@slipway/model';
import { Button, buttonClass, Dialog, Panel, Skeleton, Status } from '@slipway/ui';
import { Link } from '@tanstack/react-router';
import { CircleCheck, CircleDashed, Pencil, Plus, ScrollText, TriangleAlert } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useWhyNot } from '../../hub/access.ts';
import { KINDS } from '../../hub/kinds.ts';
import { HUB } from '../../hub/place.ts';
import { client, transport } from '../../hub/session.ts';
import { useSession } from '../../state/session-context.ts';
import { useObjects } from '../../state/use-live.ts';
import { Problem, Refused } from '../problem-pages.tsx';

type Tenant = ApiObject<TenantSpec>;
type Sink = ApiObject<{ readonly type: string }, { readonly conditions?: readonly { readonly type: string; readonly status: string }[] }>;
interface Version {
  readonly slipwayVersion: string;
  readonly gitVersion: string;
  readonly platform: string;
  readonly nodeVersion: string;
}

export function Installation() {
  return (
    <>
      <About />
      <SignInRules />
      <AuditSinks />
    </>
  );
}

function About() {
  const [version, setVersion] = useState<Version>();
  const [problem, setProblem] = useState<unknown>();
  const [reading, setReading] = useState(false);
  useEffect(() => void client.request<Version>('/version').then(setVersion, setProblem), []);
  return (
    <Panel title="About">
      <div className="stack">
        {problem !== undefined && <Problem error={problem} />}
        {version === undefined && problem === undefined && <Skeleton lines={4} />}
        {version !== undefined && (
          <dl className="facts">
            <dt>Slipway</dt>
            <dd>{version.slipwayVersion}</dd>
            <dt>Answers as</dt>
            <dd>Kubernetes {version.gitVersion}</dd>
            <dt>Runs on</dt>
            <dd>
              {version.platform}, Node.js {version.nodeVersion}
            </dd>
            <dt>Licence</dt>
            <dd>Apache-2.0</dd>
          </dl>
        )}
        <div>
          <Button onClick={() => setReading(true)}>
            <ScrollText size={15} aria-hidden />
            Licences of what it ships
          </Button>
        </div>
        {reading && <Licences onClose={() => setReading(false)} />}
      </div>
    </Panel>
  );
}

/** Comes with the console's own build: it is read without a network. */
function Licences({ onClose }: { readonly onClose: () => void }) {
  const [text, setText] = useState<string>();
  const [problem, setProblem] = useState<unknown>();
  useEffect(() => {
    const { href = HUB } = document.querySelector<HTMLLinkElement>('link[rel="license"]') ?? {};
    void transport.text(href.slice(HUB.length)).then(setText, setProblem);
  }, []);
  return (
    <Dialog title="Licences of what Slipway ships" onClose={onClose}>
      {problem !== undefined && <Problem error={problem} />}
      {text === undefined ? (
        <Skeleton lines={10} />
      ) : (
        <pre className="notices" tabIndex={0} aria-label="Third-party notices">
          {text}
        </pre>
      )}
      <div className="panel-body row">
        <span className="grow" />
        <Button onClick={onClose}>Close</Button>
      </div>
    </Dialog>
  );
}

/** What holds for passwords and sessions of the tenant. */
function SignInRules() {
  const { tenant } = useSession();
  const found = useObjects<Tenant>(KINDS.tenants, undefined, `metadata.name=${tenant}`);
  const whyNot = useWhyNot('update', KINDS.tenants);
  const spec = found.items[0]?.spec;
  const words = (
    <>
      <Pencil size={14} aria-hidden />
      Change
    </>
  );
  return (
    <Panel
      title="Signing in"
      aside={
        spec !== undefined &&
        (whyNot === undefined ? (
          <Link
            to="/clusters/$section/$plural/$name"
            params={{ section: 'settings', plural: 'tenants', name: tenant }}
            search={{ tab: 'edit' }}
            className={buttonClass()}
          >
            {words}
          </Link>
        ) : (
          <Button because={whyNot}>{words}</Button>
        ))
      }
    >
      {found.state === 'failed' && found.error !== undefined && <Refused error={found.error} />}
      {found.state === 'loading' && <Skeleton lines={3} />}
      {spec !== undefined && (
        <dl className="facts">
          <dt>Tenant</dt>
          <dd>{spec.displayName || tenant}</dd>
          <dt>New passwords</dt>
          <dd>at least {spec.signIn.passwordMinLength} characters</dd>
          <dt>Unused sessions</dt>
          <dd>end after {longOf(spec.signIn.sessionIdleMinutes)}</dd>
          <dt>Every session</dt>
          <dd>ends after {longOf(spec.signIn.sessionHours * 60)}</dd>
        </dl>
      )}
    </Panel>
  );
}

/** `8 hours`, `45 minutes`. */
function longOf(minutes: number): string {
  const [count, unit] = minutes % 60 === 0 ? [minutes / 60, 'hour'] : [minutes, 'minute'];
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}

function AuditSinks() {
  const sinks = useObjects<Sink>(KINDS.auditsinks);
  const whyNot = useWhyNot('create', KINDS.auditsinks);
  const words = (
    <>
      <Plus size={14} aria-hidden />
      Add
    </>
  );
  return (
    <Panel
      title="Copies of the audit"
      aside={
        whyNot === undefined ? (
          <Link to="/clusters/$section/new/$plural" params={{ section: 'settings', plural: 'auditsinks' }} className={buttonClass()}>
            {words}
          </Link>
        ) : (
          <Button because={whyNot}>{words}</Button>
        )
      }
    >
      {sinks.state === 'failed' && sinks.error !== undefined && <Refused error={sinks.error} />}
      {sinks.state === 'ready' && sinks.items.length === 0 && (
        <p className="quiet">None: the audit is kept by the hub alone. A copy can go to a file, syslog, OpenTelemetry or S3.</p>
      )}
      <ul className="stack">
        {sinks.items.map((sink) => (
          <li key={sink.metadata.uid} className="row">
            <Link to="/clusters/$section/$plural/$name" params={{ section: 'settings', plural: 'auditsinks', name: sink.metadata.name }}>
              {sink.metadata.name}
            </Link>
            <span className="grow quiet">{sink.spec.type}</span>
            <Ready of={sink} />
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function Ready({ of: { status } }: { readonly of: Sink }) {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready')?.status;
  if (ready === 'True') return <Status icon={CircleCheck} tone="ok" word="Ready" />;
  return ready === 'False' ? (
    <Status icon={TriangleAlert} tone="warn" word="Not ready" />
  ) : (
    <Status icon={CircleDashed} tone="quiet" word="Not tried yet" />
  );
}

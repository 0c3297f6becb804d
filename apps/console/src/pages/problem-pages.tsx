import { SlipwayError } from '@slipway/kit/errors';
import { Ago, Button, buttonClass, Empty, Notice } from '@slipway/ui';
import { Link } from '@tanstack/react-router';
import { CircleAlert, Copy, Lock, MapPinOff } from 'lucide-react';
import type { ReactNode } from 'react';
import { PageHead, useTitle } from '../shell/page-title.tsx';
import { useTold } from '../state/told.ts';
import { sentenceOf } from './next-step.ts';

export function NotFoundPage({ what = 'This page' }: { readonly what?: string }) {
  return (
    <>
      <PageHead title="Not found" />
      <Empty
        icon={MapPinOff}
        title={`${what} is not here`}
        action={
          <Link to="/clusters/overview" className={buttonClass()}>
            Go to the overview
          </Link>
        }
      >
        <p>The address may be mistyped, or what it named was deleted meanwhile.</p>
      </Empty>
    </>
  );
}

/** A page that failed itself. */
export function BrokenPage({ error, reset }: { readonly error: unknown; readonly reset: () => void }) {
  useTitle('This page failed');
  return (
    <Empty icon={CircleAlert} wholePage title="This page failed" action={<Button onClick={reset}>Try again</Button>}>
      <p role="alert">{sentenceOf(error).sentence}</p>
    </Empty>
  );
}

/** What the hub refused, in its words: not found and not allowed are different things. */
export function Refused({ error, children }: { readonly error: SlipwayError; readonly children?: ReactNode }) {
  if (error.code === 'Forbidden')
    return (
      <Empty icon={Lock} title="You may not see this">
        <p role="alert">{error.message}</p>
        <p>Send them the address of this page: it opens as soon as you have the permission.</p>
        <RequestId error={error} />
      </Empty>
    );
  return <Problem error={error}>{children}</Problem>;
}

/** A whole page that is refused: it is called what it would be called, so that breadcrumb and document agree. */
export function RefusedPage({ title, error }: { readonly title: string; readonly error: SlipwayError }) {
  return (
    <>
      <PageHead title={title} />
      <Refused error={error} />
    </>
  );
}

/** Of a page that is open and shows what it had last. */
export function Lost({ error }: { readonly error: unknown }) {
  return (
    <Problem error={error}>
      <p>
        {error instanceof SlipwayError && error.code === 'Forbidden'
          ? 'You may not see this any more. What you see is how it was last.'
          : 'What you see is how it was last.'}
      </p>
    </Problem>
  );
}

/** One sentence, one next step, and the id by which an operator finds it. What happens again, or to another part of the page, is counted. */
export function Problem(props: {
  readonly error: unknown;
  readonly children?: ReactNode;
  /** Goes to a field that is wrong; without it, fields are only named. */
  readonly onField?: ((field: string) => void) | undefined;
}) {
  const { error, children, onField } = props;
  const { sentence, next } = sentenceOf(error);
  const { element, first, times, since } = useTold(error, sentence);
  return (
    <div ref={element}>
      {first ? (
        <Notice icon={CircleAlert} tone="bad" role="alert">
          <p>
            {sentence} {next}
          </p>
          <Causes error={error} onField={onField} />
          {times > 1 && (
            <p className="small quiet">
              {times} times, first <Ago time={new Date(since).toISOString()} />.
            </p>
          )}
          <RequestId error={error} />
          {children}
        </Notice>
      ) : (
        <p className="small quiet notice-again">This part failed too, for the same reason: it is told above.</p>
      )}
    </div>
  );
}

function Causes({ error, onField }: { readonly error: unknown; readonly onField: ((field: string) => void) | undefined }) {
  if (!(error instanceof SlipwayError) || error.causes.length === 0) return null;
  return (
    <ul>
      {error.causes.map(({ field, message }) => (
        <li key={`${field}${message}`}>
          {onField === undefined || field === undefined ? (
            <code>{field}</code>
          ) : (
            <Button look="plain" className="button-inline" onClick={() => onField(field)}>
              <code>{field}</code>
            </Button>
          )}{' '}
          {message}
        </li>
      ))}
    </ul>
  );
}

function RequestId({ error }: { readonly error: unknown }) {
  const detail = error instanceof SlipwayError ? error.detail : undefined;
  if (detail === undefined) return null;
  return (
    <p className="row small quiet">
      <span className="mono">{detail}</span>
      <Button
        look="icon"
        aria-label="Copy the request id"
        onClick={() => void navigator.clipboard.writeText(detail.replace(/^request /, ''))}
      >
        <Copy size={14} aria-hidden />
      </Button>
    </p>
  );
}

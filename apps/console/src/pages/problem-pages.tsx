import { messageOf, SlipwayError } from '@slipway/kit/errors';
import { Button, buttonClass, Empty, Notice } from '@slipway/ui';
import { Link } from '@tanstack/react-router';
import { CircleAlert, Copy, Lock, MapPinOff } from 'lucide-react';
import type { ReactNode } from 'react';
import { PageHead } from '../shell/page-title.tsx';

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
  return (
    <Empty icon={CircleAlert} wholePage title="This page failed" action={<Button onClick={reset}>Try again</Button>}>
      <p role="alert">{messageOf(error)}</p>
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
      </Empty>
    );
  return <Problem error={error}>{children}</Problem>;
}

/** One sentence, and the id by which an operator finds it. */
export function Problem(props: {
  readonly error: unknown;
  readonly children?: ReactNode;
  /** Goes to a field that is wrong; without it, fields are only named. */
  readonly onField?: ((field: string) => void) | undefined;
}) {
  const { error, children, onField } = props;
  const detail = error instanceof SlipwayError ? error.detail : undefined;
  return (
    <Notice icon={CircleAlert} tone="bad" role="alert">
      <p>
        {messageOf(error)} {error instanceof SlipwayError && error.hint}
      </p>
      {error instanceof SlipwayError && error.causes.length > 0 && (
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
      )}
      {detail !== undefined && (
        <p className="row small quiet">
          <span className="mono">{detail}</span>
          <Button look="icon" aria-label="Copy the request id" onClick={() => void navigator.clipboard.writeText(detail)}>
            <Copy size={14} aria-hidden />
          </Button>
        </p>
      )}
      {children}
    </Notice>
  );
}

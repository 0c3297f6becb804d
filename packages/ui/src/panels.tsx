import type { LucideIcon } from 'lucide-react';
import { type ReactNode, useId } from 'react';

/** A titled part of a page. */
export function Panel(props: {
  readonly title: string;
  readonly aside?: ReactNode;
  readonly flush?: boolean;
  readonly children: ReactNode;
}) {
  const title = useId();
  return (
    <section className="panel" aria-labelledby={title}>
      <div className="panel-head">
        <h2 id={title} className="grow">
          {props.title}
        </h2>
        {props.aside}
      </div>
      <div className={props.flush ? 'panel-flush' : 'panel-body'}>{props.children}</div>
    </section>
  );
}

/** Nothing here: why, and one next step. */
export function Empty(props: {
  readonly icon: LucideIcon;
  readonly title: string;
  /** It is all there is of a page, so its title is the page's. */
  readonly wholePage?: boolean;
  readonly children?: ReactNode;
  readonly action?: ReactNode;
}) {
  const Icon = props.icon;
  const Title = props.wholePage ? 'h1' : 'h2';
  return (
    <div className="empty">
      <Icon size={28} aria-hidden />
      <Title tabIndex={props.wholePage ? -1 : undefined}>{props.title}</Title>
      {props.children}
      {props.action}
    </div>
  );
}

export type Tone = 'ok' | 'warn' | 'bad' | 'busy' | 'quiet';

/** A state: word and icon, never colour alone. */
export function Status(props: { readonly icon: LucideIcon; readonly tone: Tone; readonly word: string; readonly title?: string }) {
  const Icon = props.icon;
  return (
    <span className="status" title={props.title}>
      <Icon size={15} className={`tone-${props.tone}`} aria-hidden />
      {props.word}
    </span>
  );
}

/** A sentence that must not be overlooked. */
export function Notice(props: {
  readonly icon: LucideIcon;
  readonly tone?: 'warn' | 'bad';
  readonly role?: 'alert' | 'status';
  readonly children: ReactNode;
}) {
  const Icon = props.icon;
  return (
    <div className={`notice ${props.tone === undefined ? '' : `notice-${props.tone}`}`} role={props.role}>
      <Icon size={16} className={`tone-${props.tone ?? 'quiet'}`} aria-hidden />
      <div className="grow">{props.children}</div>
    </div>
  );
}

/** Lines in the place of what is still on its way, so that nothing jumps when it comes. */
export function Skeleton({ lines }: { readonly lines: number }) {
  return (
    <div className="stack" aria-hidden>
      {Array.from({ length: lines }, (_none, index) => (
        <div key={index} className="skeleton" style={{ width: `${90 - ((index * 17) % 50)}%` }} />
      ))}
    </div>
  );
}

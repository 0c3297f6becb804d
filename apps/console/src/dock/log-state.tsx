import { Notice } from '@slipway/ui';
import { CircleDashed, Hourglass, RefreshCw, Scissors } from 'lucide-react';
import { Problem } from '../pages/problem-pages.tsx';
import { LOG_LIMITS } from './log-buffer.ts';
import type { LogSnapshot, PodRef } from './log-follow.ts';
import { logCommand, type LogChoice } from './log-query.ts';

const number = new Intl.NumberFormat('en');

/** What has to be known of a log besides its lines. */
export function LogState({ tab, now, choice }: { readonly tab: PodRef; readonly now: LogSnapshot; readonly choice: LogChoice }) {
  return (
    <>
      {now.state === 'failed' && <Problem error={now.error} />}
      {now.state === 'again' && <Again now={now} choice={choice} />}
      {now.dropped > 0 && (
        <Notice icon={Scissors} role="status">
          <p>
            This log is long: the last {number.format(LOG_LIMITS.lines)} lines are held here, {number.format(now.dropped)} older ones were
            let go. Choose a shorter time, or take all of it: <code>{logCommand(tab, choice)}</code>
          </p>
        </Notice>
      )}
      {now.state === 'ended' && (
        <p className="log-ended quiet small">
          <CircleDashed size={13} aria-hidden /> {now.error?.message ?? lastWords(now, choice)}
          {now.lines.length === 0 && now.error === undefined ? ' It said nothing in this time.' : ''}
        </p>
      )}
      {now.state === 'loading' && <p className="log-ended quiet small">Waiting for the first line …</p>}
    </>
  );
}

function Again({ now, choice }: { readonly now: LogSnapshot; readonly choice: LogChoice }) {
  if (now.between === true)
    return (
      <p className="log-ended quiet small" role="status">
        <Hourglass size={13} aria-hidden /> The container has ended. The log goes on as soon as it is started again.
      </p>
    );
  const [what, then] = choice.previous
    ? ['The container was just started again', 'The node is asked again by itself.']
    : ['The log broke off', 'It goes on from the last line by itself.'];
  return (
    <Notice icon={RefreshCw} tone="warn" role="status">
      <p>
        {what}
        {now.error === undefined ? '.' : `: ${now.error.message}`} {then}
      </p>
    </Notice>
  );
}

function lastWords({ lastEnded }: LogSnapshot, { previous }: LogChoice): string {
  if (lastEnded === true) return 'No container runs now, and the node keeps one that ended: this is all the last of them said.';
  return previous ? 'This is all the container said before it ended.' : 'That is all: nothing more comes.';
}

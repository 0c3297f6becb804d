import { barsOf, type Happening } from './happenings.ts';

const BARS = 48;

/** How much happened when. Everything in it is in the list below it, too. */
export function OverTime({ shown, from, to }: { readonly shown: readonly Happening[]; readonly from: number; readonly to: number }) {
  const bars = barsOf(shown, from, to, BARS);
  const most = Math.max(1, ...bars.map(({ normal, warnings }) => normal + warnings));
  const warnings = shown.filter(({ warning }) => warning).length;
  const time = (at: number): string => new Date(at).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'short' });
  const words = `${shown.length} in all, ${warnings} of them ${warnings === 1 ? 'a warning' : 'warnings'}; at most ${most} in one bar`;
  return (
    <figure className="over-time">
      <div className="over-time-bars" role="img" aria-label={words}>
        {bars.map((bar) => (
          <span
            key={bar.from}
            className="over-time-bar"
            title={`${time(bar.from)}: ${bar.normal + bar.warnings}, ${bar.warnings} warnings`}
          >
            <span className="over-time-warn" style={{ height: `${(bar.warnings / most) * 100}%` }} />
            <span className="over-time-normal" style={{ height: `${(bar.normal / most) * 100}%` }} />
          </span>
        ))}
      </div>
      <figcaption className="row small quiet">
        <span>{time(from)}</span>
        <span className="grow over-time-words">{words}</span>
        <span>now</span>
      </figcaption>
    </figure>
  );
}

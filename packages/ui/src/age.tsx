import { useEffect, useState } from 'react';

const UNITS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
];
const SECOND = ['second', 1] as const;
const words = new Intl.RelativeTimeFormat('en', { numeric: 'always', style: 'narrow' });

/** `3min ago`, `in 40s`: coarse on purpose, the exact time is on hover. */
export function agoText(time: string, now: number): string {
  const seconds = Math.round((Date.parse(time) - now) / 1000);
  if (Number.isNaN(seconds)) return 'unknown';
  if (Math.abs(seconds) < 10) return 'now';
  const [unit, size] = UNITS.find(([, least]) => Math.abs(seconds) >= least) ?? SECOND;
  return words.format(Math.trunc(seconds / size), unit);
}

const EVERY_MS = 10_000;

/** A relative time that stays true. */
export function Ago({ time }: { readonly time: string | undefined }) {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), EVERY_MS);
    return () => clearInterval(timer);
  }, []);
  if (time === undefined) return <span className="quiet">–</span>;
  return (
    <time dateTime={time} title={new Date(time).toLocaleString()}>
      {agoText(time, now)}
    </time>
  );
}

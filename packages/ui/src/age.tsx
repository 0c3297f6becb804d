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

const ISO = /\b\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z/g;

/** A sentence of the hub's with its times as they are here: `2026-03-01T11:58:00Z` is `11:58`, or `28 Feb, 11:58` on another day. */
export function localTimes(sentence: string, now = Date.now()): string {
  return sentence.replaceAll(ISO, (text) => {
    const time = new Date(text);
    if (Number.isNaN(time.getTime())) return text;
    const clock = time.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
    if (time.toDateString() === new Date(now).toDateString()) return clock;
    return `${time.toLocaleDateString('en-GB', { day: 'numeric', month: 'short' })}, ${clock}`;
  });
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

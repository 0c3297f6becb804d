import { Search } from 'lucide-react';
import { useEffect, useState } from 'react';
import { type AuditSearch, SINCE } from './records.ts';

const OUTCOMES = ['ok', 'denied', 'failed'] as const;
const VERBS = ['create', 'update', 'delete', 'connect', 'get', 'sign-in', 'sign-out', 'accept-invitation', 'set-password'] as const;
const TYPING_MS = 300;

interface FiltersProps {
  readonly search: AuditSearch;
  readonly onChange: (search: AuditSearch) => void;
}

/** Who, what and when. */
export function AuditFilters({ search, onChange }: FiltersProps) {
  const change = (more: AuditSearch) => onChange({ ...more, before: undefined });
  return (
    <div className="row wrap filters">
      <Typed label="Any word" value={search.text} onChange={(text) => change({ text })} />
      <Typed label="Who" value={search.user} onChange={(user) => change({ user })} />
      <Typed label="Kind, such as clusters" value={search.resource} onChange={(resource) => change({ resource })} />
      <Chosen
        label="What was done"
        any="Anything done"
        value={search.verb}
        among={VERBS.map((verb) => [verb, verb])}
        onChange={(verb) => change({ verb })}
      />
      <Chosen
        label="Outcome"
        any="Any outcome"
        value={search.outcome}
        among={OUTCOMES.map((outcome) => [outcome, outcome === 'ok' ? 'done' : outcome])}
        onChange={(outcome) => change({ outcome })}
      />
      <Chosen
        label="When"
        any="At any time"
        value={search.since}
        among={Object.entries(SINCE).map(([since, [words]]) => [since, words])}
        onChange={(since) => change({ since })}
      />
    </div>
  );
}

interface FieldProps {
  readonly label: string;
  readonly value: string | undefined;
  readonly onChange: (value: string | undefined) => void;
}

function Typed({ label, value = '', onChange }: FieldProps) {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  useEffect(() => {
    if (text === value) return;
    const timer = setTimeout(() => onChange(text === '' ? undefined : text), TYPING_MS);
    return () => clearTimeout(timer);
  });
  return (
    <div className="with-icon audit-filter">
      <Search size={15} aria-hidden />
      <input
        className="field"
        type="search"
        data-filter
        aria-label={label}
        placeholder={label}
        value={text}
        onChange={({ target }) => setText(target.value)}
      />
    </div>
  );
}

function Chosen({
  label,
  any,
  value = '',
  among,
  onChange,
}: FieldProps & { readonly any: string; readonly among: readonly (readonly [string, string])[] }) {
  return (
    <select
      className="field"
      aria-label={label}
      value={value}
      onChange={({ target }) => onChange(target.value === '' ? undefined : target.value)}
    >
      <option value="">{any}</option>
      {among.map(([one, words]) => (
        <option key={one} value={one}>
          {words}
        </option>
      ))}
    </select>
  );
}

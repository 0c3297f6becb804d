import { Button } from '@slipway/ui';
import { Check, Copy } from 'lucide-react';
import { useState } from 'react';

/** A secret that is shown this once: whoever closes it without taking it makes a new one. */
export function ShowOnce({ label, value, hint }: { readonly label: string; readonly value: string; readonly hint: string }) {
  const [copied, setCopied] = useState(false);
  return (
    <div className="stack-tight">
      <label className="stack-tight">
        {label}
        <input className="field mono" readOnly value={value} autoFocus onFocus={(event) => event.target.select()} />
      </label>
      <p className="quiet small">{hint}</p>
      <div className="row">
        <Button onClick={() => void navigator.clipboard.writeText(value).then(() => setCopied(true))}>
          {copied ? <Check size={15} aria-hidden /> : <Copy size={15} aria-hidden />}
          {copied ? 'Copied' : 'Copy'}
        </Button>
      </div>
    </div>
  );
}

import { Button, Dialog } from '@slipway/ui';
import { Download, ShieldCheck } from 'lucide-react';
import { useState } from 'react';
import { useAttempt } from '../../state/use-attempt.ts';
import { Problem } from '../problem-pages.tsx';
import { type AuditSearch, chainOfTenant, exportLines, readChain } from './records.ts';
import { type ChainVerdict, verifyChain } from './verify-chain.ts';

/** Checking that nothing was changed, and taking the records along. */
export function AuditActions({ search }: { readonly search: AuditSearch }) {
  const [verdict, setVerdict] = useState<ChainVerdict>();
  const verifying = useAttempt(async () => setVerdict(await verifyChain(await chainOfTenant(), readChain)));
  const exporting = useAttempt(async () => save(await exportLines(search, Date.now()), 'audit.jsonl'));
  const error = verifying.error ?? exporting.error;
  return (
    <>
      <Button because={verifying.busy ? 'It is at it.' : undefined} onClick={() => verifying.run()}>
        <ShieldCheck size={15} aria-hidden />
        {verifying.busy ? 'Verifying …' : 'Verify chain'}
      </Button>
      <Button because={exporting.busy ? 'It is at it.' : undefined} onClick={() => exporting.run()}>
        <Download size={15} aria-hidden />
        Export
      </Button>
      {error !== undefined && <Problem error={error} />}
      {verdict !== undefined && (
        <Dialog title={verdict.ok ? 'The chain is whole' : 'The chain is broken'} onClose={() => setVerdict(undefined)}>
          <div className="panel-body stack">
            <p role="status">
              {verdict.problem ??
                (verdict.first === undefined
                  ? 'There are no records yet.'
                  : `Records ${verdict.first} to ${verdict.last ?? 0} are whole: ${verdict.records} records, ${verdict.anchors} signed heads compared.`)}
            </p>
            <p className="quiet small">
              Checked here, in the browser. <code>slipway audit verify</code> besides compares with what your machine saw the last time.
            </p>
            <div className="row">
              <span className="grow" />
              <Button look="primary" autoFocus onClick={() => setVerdict(undefined)}>
                Close
              </Button>
            </div>
          </div>
        </Dialog>
      )}
    </>
  );
}

function save(text: string, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: 'application/x-ndjson' }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

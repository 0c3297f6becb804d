import type { ApiObject } from '@slipway/model';
import { KINDS } from '../../hub/kinds.ts';
import { useObjects } from '../../state/use-live.ts';

interface QuotaObject extends ApiObject {
  readonly spec: { readonly project?: string; readonly user?: string; readonly hard: Readonly<Record<string, number>> };
  readonly status?: { readonly used: Readonly<Record<string, number>> };
}

const UNITS: Readonly<Record<string, string>> = { cpu: 'cores', memoryMiB: 'MiB of memory' };

/** What is taken of the quotas that a project's clusters count against; nothing where there are none, or where they may not be read. */
export function Limits({ project }: { readonly project: string }) {
  const quotas = useObjects<QuotaObject>(KINDS.quotas).items.filter(
    ({ spec }) => spec.user === undefined && (spec.project === undefined || spec.project === project),
  );
  if (quotas.length === 0) return null;
  return (
    <>
      <dt>Quota</dt>
      <dd>
        <ul>
          {quotas.flatMap(({ metadata, spec, status }) =>
            Object.entries(spec.hard).map(([what, most]) => (
              <li key={`${metadata.name} ${what}`} title={`Quota ${metadata.name}`}>
                {status?.used[what] ?? 0} of {most} {UNITS[what] ?? what} taken
              </li>
            )),
          )}
        </ul>
      </dd>
    </>
  );
}

import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { type Logger, systemClock } from '@slipway/kit';
import { createOutbound, type Outbound, type OutboundOptions } from '@slipway/kit/outbound';
import type { AuditSinkSpec, FleetStore } from '@slipway/model';
import { createController, type Leases, runAsLeader, systemTimers } from '@slipway/runtime';
import type { AuditBookmarks, AuditLog, Vault } from '@slipway/store';
import { auditSinkController } from './controller.ts';
import { fileTarget } from './file.ts';
import { otlpTarget } from './otlp.ts';
import { s3Target } from './s3.ts';
import { syslogTarget } from './syslog.ts';
import type { SinkTarget } from './target.ts';

export interface StartDeps {
  readonly store: FleetStore;
  readonly vault: Vault;
  readonly log: AuditLog;
  readonly bookmarks: AuditBookmarks;
  readonly leases: Leases;
  readonly outbound: Outbound;
  /** What the client was made with: a sink with an authority of its own has a client of its own. */
  readonly outboundOptions: OutboundOptions | undefined;
  /** Of the sinks that are files. */
  readonly directory: string;
  readonly logger: Logger;
}

/** Delivers audit records on the one replica that has the lease, until the signal aborts. */
export function startAuditSinks(deps: StartDeps, signal: AbortSignal): Promise<void> {
  const base = { clock: systemClock, timers: systemTimers, logger: deps.logger };
  const targetOf = (spec: AuditSinkSpec, sink: { tenant: string; name: string }) => targetFor(spec, sink, deps);
  const controller = createController(auditSinkController({ ...deps, ...base, targetOf }), base);
  return runAsLeader(
    { ...base, leases: deps.leases, name: 'audit-sinks', holder: randomUUID(), lead: (term) => controller.run(term) },
    signal,
  );
}

export function targetFor(
  spec: AuditSinkSpec,
  sink: { readonly tenant: string; readonly name: string },
  { directory, outbound, outboundOptions }: Pick<StartDeps, 'directory' | 'outbound' | 'outboundOptions'>,
): SinkTarget {
  const trusting = (ca: string | undefined, make: (outbound: Outbound) => SinkTarget): SinkTarget => {
    if (ca === undefined) return make(outbound);
    const own = createOutbound({ ...outboundOptions, ca: [...(outboundOptions?.ca ?? []), ca] });
    return { ...make(own), close: () => own.close() };
  };
  switch (spec.type) {
    case 'file':
      // Of a sink of the operators for all tenants, each tenant has its own folder in the sink's.
      return fileTarget(spec, (tenant) => join(directory, sink.tenant, sink.name, ...(spec.allTenants ? [tenant] : [])));
    case 'syslog':
      return syslogTarget(spec, outbound);
    case 'otlp':
      return trusting(spec.ca, (client) => otlpTarget(spec, client));
    case 's3':
      return trusting(spec.ca, (client) => s3Target(spec, client));
  }
}

import { SlipwayError } from '@slipway/kit';
import { apiVersionOf, type Kind, type ObjectMeta } from '@slipway/model';

/** The body of a server-side apply. */
interface ApplyConfig {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata?: ObjectMeta;
  readonly spec?: unknown;
  readonly status?: unknown;
}

export function checkedConfig(raw: unknown, name: string): ApplyConfig {
  const config = (raw ?? {}) as ApplyConfig;
  const { managedFields, name: given } = config.metadata ?? {};
  if (managedFields !== undefined && managedFields.length > 0) throw new SlipwayError('BadRequest', 'metadata.managedFields must be nil');
  if (given === undefined || given === name) return config;
  throw new SlipwayError('BadRequest', `the name of the object (${given}) does not match the name on the URL (${name})`);
}

/** An apply says what it applies, so that a file meant for another server or version is not merged into an object of this one. */
export function typeMetaOf(kind: Kind, config: ApplyConfig): { apiVersion: string; kind: string } {
  const apiVersion = apiVersionOf(kind);
  if (config.apiVersion === apiVersion && config.kind === kind.kind) return { apiVersion, kind: kind.kind };
  throw new SlipwayError('BadRequest', `invalid object type: ${config.apiVersion ?? ''}, Kind=${config.kind ?? ''}`, {
    hint: `An apply names its type: apiVersion ${apiVersion}, kind ${kind.kind}.`,
  });
}

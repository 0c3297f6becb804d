import { type FieldCause, SlipwayError } from '@slipway/kit';
import { stringify } from 'yaml';
import { z } from 'zod';
import {
  clusterProfileKinds,
  type ClusterProfileSpec,
  clusterProfileSpecSchema,
  type ProfileVersion,
} from '../cluster-profile/cluster-profile.ts';
import { PROFILE_FAMILY } from '../cluster-profile/profile-ref.ts';
import { contentHash, isPublished } from '../cluster-profile/published.ts';
import { readYaml } from '../meta/bounded-yaml.ts';
import { joinPath } from '../meta/diff.ts';
import { type ApiObject, API_VERSION } from '../meta/object.ts';
import { type Scope, scopeOfKind } from '../meta/scopes.ts';
import { hashAnnotation } from './content-hash.ts';
import { needsLines, needsOf } from './needs.ts';

/** Characters of an exported file; what a hub takes as one object is below. */
export const EXPORT_LIMIT = 8 * 1024 * 1024;

/** One published version of a profile as a file: the object as `kubectl apply --server-side` takes it, with what it refers to said above it. */
export function exportProfile(object: ApiObject<ClusterProfileSpec>, version: ProfileVersion): string {
  const { name } = object.metadata;
  if (!isPublished(version))
    throw new SlipwayError('Invalid', `${name}@${version.version} is a draft: it can still change, so it is not exported.`, {
      hint: `Publish it with: slipway profile publish ${name}@${version.version}`,
    });
  const { versions: _all, ...about } = object.spec;
  const needs = needsLines(needsOf(version));
  const head = [
    `${name}@${version.version}, exported from Slipway. One version of a profile; others that are there stay when it is applied with: kubectl apply --server-side -f`,
    ...(needs.length === 0
      ? ['It refers to nothing else.']
      : ['It refers to, and does not bring along:', ...needs.map((line) => `  ${line}`)]),
  ];
  const file = {
    apiVersion: API_VERSION,
    kind: object.kind,
    metadata: { name, annotations: { [hashAnnotation(version)]: `sha256:${contentHash(version)}` } },
    spec: { ...about, versions: [version] },
  };
  return `${head.map((line) => `# ${line.replaceAll(/[\r\n]/g, ' ')}`).join('\n')}\n${stringify(file, { lineWidth: 0, aliasDuplicateObjects: false })}`;
}

export interface ExportedProfile {
  readonly name: string;
  readonly scope: Scope;
  /** Without versions. */
  readonly about: Omit<ClusterProfileSpec, 'versions'>;
  readonly version: ProfileVersion;
  readonly hash: string;
}

const fileSchema = z.object({
  apiVersion: z.literal(API_VERSION),
  kind: z.enum(clusterProfileKinds.all.map(({ kind }) => kind) as [string, ...string[]]),
  metadata: z.object({
    name: z.string().regex(/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/),
    annotations: z.record(z.string(), z.string()).default({}),
  }),
  spec: clusterProfileSpecSchema,
});

/** Reads an exported file of somebody else's: bounded, strict, and refused when its content is not the one it was exported with. Of metadata only the name is taken. */
export function readExportedProfile(text: string, what: string): ExportedProfile {
  const given = readYaml(text, what, { size: EXPORT_LIMIT, tokens: 2_000_000, aliases: 0 });
  const parsed = fileSchema.safeParse(given);
  if (!parsed.success) {
    const causes = parsed.error.issues.map(({ path, message }): FieldCause => ({
      field: path.reduce<string>((at, step) => joinPath(at, typeof step === 'number' ? step : String(step)), ''),
      message,
      reason: 'FieldValueInvalid',
    }));
    const [first] = causes;
    throw new SlipwayError('Invalid', `${what} is no exported profile: ${first?.field}: ${first?.message}.`, { causes, retryable: false });
  }
  const { kind, metadata, spec } = parsed.data;
  const { versions, ...about } = spec;
  const [version, ...more] = versions;
  if (version === undefined || more.length > 0) throw refused(`${what} holds ${versions.length} versions; an exported profile holds one.`);
  const hash = contentHash(version);
  const said = metadata.annotations[hashAnnotation(version)];
  if (said === undefined)
    throw refused(
      `${what} does not say what its content was when it was exported.`,
      'What was never exported is stored with: slipway apply -f',
    );
  if (said !== `sha256:${hash}`)
    throw refused(
      `${what} was changed after it was exported: its content is not the one that its hash says.`,
      'Export it again, under a new version if it should be another one.',
    );
  if (!isPublished(version)) throw refused(`${what} holds a draft; an exported profile holds a published version.`);
  return { name: metadata.name, scope: scopeOfKind(PROFILE_FAMILY, kind), about, version, hash };
}

const refused = (message: string, hint?: string): SlipwayError =>
  new SlipwayError('Invalid', message, { retryable: false, ...(hint === undefined ? {} : { hint }) });

import { type FieldCause, SlipwayError } from '@slipway/kit';
import { type ApiObject, apiVersionOf, GROUP, type Kind, type NewObject, objectMetaSchema } from '@slipway/model';
import { z } from 'zod';
import { objectShape, type Shape } from './apply/shape.ts';
import { duplicateItems, droppingNulls } from './apply/merge.ts';
import { pathText, splitIssues } from './field-errors.ts';
import { structuralSchema } from './structural.ts';
import type { VersionRules } from './apply/managed-fields.ts';
import type { Conversion } from './conversion.ts';

export type FieldValidation = 'Strict' | 'Warn' | 'Ignore';

const metadataSchema = z.strictObject({ ...objectMetaSchema.shape, selfLink: z.string().optional() });

/** A kind in one of its versions, with what the API derives from it once. */
export interface ServedKind {
  readonly kind: Kind;
  /** JSON schema of spec and status as users write them. */
  readonly json: { readonly spec: Record<string, unknown>; readonly status: Record<string, unknown> };
  /** The same as Kubernetes takes a schema (CustomResourceDefinition, OpenAPI 3.0). */
  readonly structural: { readonly spec: Record<string, unknown>; readonly status: Record<string, unknown> };
  /** What is merged and what is one value, for field owners. */
  readonly shape: Shape;
  /** Checks an object as a user wrote it, fills in defaults, drops status. */
  parse(raw: unknown, validation: FieldValidation): { object: NewObject; warnings: string[] };
  parseStatus(status: unknown): unknown;
  /** Between this version and the stored one. */
  readonly conversion: Conversion;
  /** Every version of the kind by its apiVersion, for the owners of fields. */
  readonly versions: ReadonlyMap<string, VersionRules>;
}

export function serveKind(kind: Kind, family: Pick<ServedKind, 'conversion' | 'versions'>): ServedKind {
  const apiVersion = apiVersionOf(kind);
  const schema = z.strictObject({
    apiVersion: z.literal(apiVersion).optional(),
    kind: z.literal(kind.kind).optional(),
    metadata: metadataSchema.default({}),
    spec: kind.spec,
    status: z.unknown().optional(),
  });
  const toJson = (type: z.ZodType) =>
    z.toJSONSchema(type, { io: 'input', unrepresentable: 'any', target: 'draft-7' }) as Record<string, unknown>;
  const json = { spec: toJson(kind.spec), status: toJson(kind.status) };
  const structural = { spec: structuralSchema(json.spec), status: structuralSchema(json.status) };
  const shape = objectShape(structural);
  const doubled = (part: 'spec' | 'status', value: unknown): FieldCause[] =>
    duplicateItems(shape, { [part]: value }).map(({ path, item }) => ({
      field: pathText(path),
      reason: 'FieldValueDuplicate',
      message: `Duplicate value: ${item}`,
    }));
  const whole = { properties: { apiVersion: {}, kind: {}, metadata: toJson(metadataSchema), spec: json.spec, status: json.status } };
  return {
    kind,
    ...family,
    json,
    structural,
    shape,
    parse(raw, validation) {
      checkTypeMeta(kind, raw);
      // A missing spec is an empty one: its required fields are then named one by one.
      const written = raw as Record<string, unknown>;
      // null for a field that cannot be null is the same as leaving it out, as in Kubernetes; typed Go clients write them.
      const input: Record<string, unknown> = { ...structuredClone(written), spec: droppingNulls(shape, { spec: written.spec ?? {} }).spec };
      let result = schema.safeParse(input);
      const warnings: string[] = [];
      if (!result.success) {
        const { unknown } = splitIssues(result.error.issues, whole, input);
        if (unknown.length > 0 && validation === 'Strict') throw unknownFields(unknown);
        if (unknown.length > 0) {
          for (const { path } of unknown) removeAt(input, path);
          if (validation === 'Warn') warnings.push(...unknown.map(({ field }) => `unknown field "${field}"`));
          result = schema.safeParse(input);
        }
      }
      // Everything that is wrong at once, so that it is repaired at once.
      const twice = doubled('spec', result.success ? result.data.spec : input.spec);
      if (!result.success) throw invalid(kind, nameOf(raw), [...splitIssues(result.error.issues, whole, input).causes, ...twice]);
      const { metadata, spec } = result.data;
      if (twice.length > 0) throw invalid(kind, nameOf(raw), twice);
      return { object: { apiVersion, kind: kind.kind, metadata: withoutUndefined(metadata), spec }, warnings };
    },
    parseStatus(status) {
      const result = kind.status.safeParse(droppingNulls(shape, { status: status ?? {} }).status);
      if (result.success) {
        const twice = doubled('status', result.data);
        if (twice.length > 0) throw invalid(kind, undefined, twice);
        return result.data;
      }
      const issues = result.error.issues.map((issue) => ({ ...issue, path: ['status', ...issue.path] }));
      throw invalid(kind, undefined, splitIssues(issues, whole, { status }).causes);
    },
  };
}

function withoutUndefined(metadata: z.infer<typeof metadataSchema>): NewObject['metadata'] {
  const { selfLink: _selfLink, ...rest } = metadata;
  return rest;
}

function nameOf(raw: unknown): string | undefined {
  return (raw as ApiObject | undefined)?.metadata?.name;
}

/** `Invalid`, with the field and what would be right in the message and in the causes. */
export function invalid(kind: Kind, name: string | undefined, causes: readonly FieldCause[]): SlipwayError {
  const told = causes.map(({ field, message }) => `${field}: ${message}`).join(', ');
  return new SlipwayError('Invalid', `${kind.kind}.${GROUP} "${name ?? ''}" is invalid: ${causes.length > 1 ? `[${told}]` : told}`, {
    causes,
  });
}

function unknownFields(unknown: readonly { field: string; advice: string }[]): SlipwayError {
  const told = unknown.map(({ field, advice }) => `unknown field "${field}"${advice === '' ? '' : ` (${advice})`}`).join(', ');
  return new SlipwayError('BadRequest', `strict decoding error: ${told}`, {
    causes: unknown.map(({ field, advice }) => ({
      field,
      reason: 'FieldValueForbidden' as const,
      message: `unknown field${advice === '' ? '' : `: ${advice}`}`,
    })),
  });
}

function checkTypeMeta(kind: Kind, raw: unknown): void {
  if (raw === null || typeof raw !== 'object' || Array.isArray(raw)) {
    throw new SlipwayError('BadRequest', `The body must be one ${kind.kind} object.`);
  }
  const { apiVersion, kind: name } = raw as { apiVersion?: unknown; kind?: unknown };
  if (apiVersion !== undefined && apiVersion !== apiVersionOf(kind)) {
    throw new SlipwayError(
      'BadRequest',
      `the API version in the data (${String(apiVersion)}) does not match the expected API version (${apiVersionOf(kind)})`,
    );
  }
  if (name !== undefined && name !== kind.kind) {
    throw new SlipwayError('BadRequest', `the kind in the data (${String(name)}) does not match the kind of this address (${kind.kind})`);
  }
}

function removeAt(root: unknown, path: readonly PropertyKey[]): void {
  let parent = root as Record<PropertyKey, unknown> | undefined;
  for (const part of path.slice(0, -1)) parent = parent?.[part] as Record<PropertyKey, unknown> | undefined;
  if (parent !== undefined) delete parent[path.at(-1) as PropertyKey];
}

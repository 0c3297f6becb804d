import { z } from 'zod';
import { VARIABLE_NAME, VARIABLE_NAME_WORDS, VARIABLE_TYPES } from './variable-types.ts';

export const variableNameSchema = z.string().regex(VARIABLE_NAME, VARIABLE_NAME_WORDS);

const scalarSchema = z.union([z.string(), z.number(), z.boolean()]);
/** What a variable may hold; a list holds texts, numbers and booleans. */
export const variableValueSchema = z.union([z.string(), z.number(), z.boolean(), z.array(scalarSchema).max(1000)]);
export type VariableValue = z.infer<typeof variableValueSchema>;

/** A typed variable that a cluster sets and that layers use as `{{ .var.<name> }}` in any string of their values, manifests or versions. */
export const variableSchema = z.strictObject({
  name: variableNameSchema,
  /** What people read instead of the name. */
  displayName: z.string().max(200).optional(),
  type: z.enum(VARIABLE_TYPES).default('string'),
  description: z.string().default(''),
  required: z.boolean().default(false),
  /** May refer to other variables, to macros and to facts of the cluster. Secrets have none: it would stand in the profile for everybody to read. */
  default: variableValueSchema.optional(),
  /** For numbers; inclusive. */
  min: z.number().optional(),
  max: z.number().optional(),
  /** Characters of a text; of a list, its items. */
  minLength: z.number().int().min(0).optional(),
  maxLength: z.number().int().min(0).optional(),
  /** An anchored regular expression without back-references; of a list, for each of its items. */
  pattern: z.string().max(256).optional(),
  /** What an enum may be, in the order it is offered. */
  options: z.array(z.string()).optional(),
  /** Not asked for where people fill in values; set by those who know it. */
  hidden: z.boolean().default(false),
  /** Clusters cannot set it: it has its default. */
  readOnly: z.boolean().default(false),
  /** A cluster says it when it is made and never again. */
  immutable: z.boolean().default(false),
});
export type Variable = z.infer<typeof variableSchema>;

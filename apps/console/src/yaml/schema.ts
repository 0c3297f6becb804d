/** What of OpenAPI v3's schemas the console reads. */
export interface Schema {
  readonly $ref?: string;
  readonly allOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly type?: string;
  readonly format?: string;
  readonly title?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly writeOnly?: boolean;
}

export interface OpenApi {
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** A schema with what it refers to in its place. */
export function resolved(document: OpenApi, schema: Schema): Schema {
  const { $ref, allOf, ...own } = schema;
  if ($ref !== undefined) return { ...resolved(document, document.components.schemas[$ref.split('/').at(-1) ?? ''] ?? {}), ...own };
  if (allOf === undefined) return schema;
  const parts = allOf.map((part) => resolved(document, part));
  const properties = Object.assign({}, ...parts.map((part) => part.properties ?? {}), own.properties ?? {}) as Record<string, Schema>;
  return { ...Object.assign({}, ...parts), ...own, ...(Object.keys(properties).length > 0 ? { properties } : {}) } as Schema;
}

/** The schema of the objects of a kind; undefined when the hub does not serve it. */
export function schemaOfKind(document: OpenApi, kind: string): Schema | undefined {
  const name = Object.keys(document.components.schemas).find((one) => one.split('.').at(-1) === kind);
  return name === undefined ? undefined : resolved(document, document.components.schemas[name] ?? {});
}

/** The schema of what is at a path; undefined where nothing is said. */
export function schemaAt(document: OpenApi, schema: Schema, path: readonly (string | number)[]): Schema | undefined {
  const [step, ...rest] = path;
  if (step === undefined) return resolved(document, schema);
  const { properties, items, additionalProperties, anyOf, oneOf } = resolved(document, schema);
  const own = typeof step === 'number' ? items : Object.hasOwn(properties ?? {}, step) ? properties?.[step] : undefined;
  const next = own ?? (typeof step === 'string' && typeof additionalProperties === 'object' ? additionalProperties : undefined);
  if (next !== undefined) return schemaAt(document, next, rest);
  for (const choice of [...(anyOf ?? []), ...(oneOf ?? [])]) {
    const found = schemaAt(document, choice, path);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The fields of an object, those of its choices too. */
export function fieldsOf(document: OpenApi, schema: Schema): Readonly<Record<string, Schema>> {
  const { properties, anyOf, oneOf } = resolved(document, schema);
  const choices = [...(anyOf ?? []), ...(oneOf ?? [])].map((choice) => fieldsOf(document, choice));
  return Object.assign({}, ...choices, properties ?? {}) as Record<string, Schema>;
}

/** `integer, 1 to 9, default 3`. */
export function typeWords(document: OpenApi, schema: Schema): string {
  const { type = 'any', items, enum: values, minimum, maximum, default: usual } = resolved(document, schema);
  const limits =
    minimum !== undefined && maximum !== undefined
      ? `${minimum} to ${maximum}`
      : minimum !== undefined
        ? `at least ${minimum}`
        : maximum !== undefined
          ? `at most ${maximum}`
          : undefined;
  const plain = values === undefined && type === 'string';
  const simple = usual !== undefined && (typeof usual !== 'object' || usual === null) && usual !== '';
  return [
    plain
      ? undefined
      : values === undefined
        ? type === 'array' && items !== undefined
          ? `list of ${resolved(document, items).type ?? 'any'}`
          : type
        : 'one of a list',
    limits,
    simple ? `default ${String(usual)}` : undefined,
  ]
    .filter(Boolean)
    .join(', ');
}

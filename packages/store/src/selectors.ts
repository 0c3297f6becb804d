import { SlipwayError } from '@slipway/kit';
import { type ObjectScope, parseFieldSelector, parseLabelSelector, type Requirement } from '@slipway/model';
import { type RawBuilder, sql } from 'kysely';

export { fieldsMatch, fieldText, labelsMatch, parseFieldSelector, parseLabelSelector, type Requirement } from '@slipway/model';

/** The same as `scopesMatch`, as SQL over the columns of `objects`. */
export function scopesSql(scopes: readonly ObjectScope[]): RawBuilder<boolean> {
  const among = (column: string, values: readonly string[]) =>
    values.length === 0
      ? sql<boolean>`false`
      : sql<boolean>`${sql.ref(column)} in (${sql.join(values.map((value) => sql`${value}::text`))})`;
  const one = ({ projects, names, labelSelector, fieldSelector }: ObjectScope) => {
    const terms = [
      ...(projects === undefined ? [] : [among('project', projects)]),
      ...(names === undefined ? [] : [among('name', names)]),
      ...labelsSql(parseLabelSelector(labelSelector)),
      ...fieldsSql(parseFieldSelector(fieldSelector)),
    ];
    return terms.length === 0 ? sql<boolean>`true` : sql<boolean>`(${sql.join(terms, sql` and `)})`;
  };
  return scopes.length === 0 ? sql<boolean>`false` : sql<boolean>`(${sql.join(scopes.map(one), sql` or `)})`;
}

/** The same as `labelsMatch`, as SQL over a jsonb column `labels`. */
export function labelsSql(requirements: readonly Requirement[]): RawBuilder<boolean>[] {
  return requirements.map(({ key, operator, values }) => {
    if (operator === 'exists') return sql<boolean>`labels ? ${key}::text`;
    if (operator === 'absent') return sql<boolean>`not (labels ? ${key}::text)`;
    // Containment is what the index on labels answers.
    const hits = values.map((value) => sql`labels @> ${JSON.stringify({ [key]: value })}::jsonb`);
    const hit = sql<boolean>`(${sql.join(hits, sql` or `)})`;
    return operator === 'in' ? hit : sql<boolean>`not ${hit}`;
  });
}

/** The same as `fieldsMatch`, as SQL over the columns of `objects`. */
export function fieldsSql(requirements: readonly Requirement[]): RawBuilder<boolean>[] {
  return requirements.map(({ key, operator, values }) => {
    const hit = sql`${fieldColumn(key)} = ${values[0] ?? ''}::text`;
    return operator === 'in' ? sql<boolean>`(${hit})` : sql<boolean>`(not (${hit}))`;
  });
}

const METADATA_COLUMNS: Readonly<Record<string, string>> = { name: 'name', namespace: 'project', uid: 'uid' };

function fieldColumn(path: string): RawBuilder<string> {
  const [root, ...rest] = path.split('.');
  const column = root === 'metadata' && rest.length === 1 ? METADATA_COLUMNS[rest[0] as string] : undefined;
  if (column !== undefined) return sql<string>`${sql.ref(column)}`;
  if ((root !== 'spec' && root !== 'status') || rest.length === 0) {
    throw new SlipwayError('BadRequest', `field label not supported: ${path}`, {
      hint: 'Select by metadata.name, metadata.namespace or a field the kind names as selectable.',
    });
  }
  return sql<string>`coalesce(${sql.ref(root)} #>> ${`{${rest.join(',')}}`}::text[], '')`;
}

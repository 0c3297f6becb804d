import { type OutputUnit, validate } from '@cfworker/json-schema';
import { prepareSchema, type Remark, type Steps } from './prepare-schema.ts';

export interface Problem {
  readonly steps: Steps;
  readonly keyword: string;
  /** The library's words. */
  readonly error: string;
}

/** How many problems are told; who mends these asks again. */
const MOST = 50;

/** Keywords that only say that something below them is wrong. */
const CONTAINERS = new Set(
  (
    '$ref $recursiveRef allOf properties patternProperties additionalProperties unevaluatedProperties items prefixItems additionalItems ' +
    'unevaluatedItems dependentSchemas dependencies if then else'
  ).split(' '),
);
/** Keywords whose parts say nothing on their own: of several ways none fits. */
const CHOICES = ['anyOf', 'oneOf', 'not', 'contains', 'propertyNames'];

/** Values against a schema: what is wrong, at its place. Runs in the thread of schemas. */
export function checkPrepared(given: unknown, values: unknown): { problems: Problem[]; remarks: readonly Remark[] } {
  const { schema, draft, lookup, remarks } = prepareSchema(given);
  const { errors } = validate(values, schema, draft, lookup, false);
  const choices = errors.filter(({ keyword }) => CHOICES.includes(keyword)).map(({ keywordLocation }) => `${keywordLocation}/`);
  const told = errors.filter(
    ({ keyword, keywordLocation, instanceLocation }) =>
      !(CONTAINERS.has(keyword) && hasDetail(errors, keyword, instanceLocation)) &&
      !choices.some((choice) => keywordLocation.startsWith(choice)),
  );
  const unique = new Map(told.map((unit) => [`${unit.instanceLocation}\n${unit.error}`, unit]));
  const problems = [...unique.values()].slice(0, MOST);
  return {
    problems: problems.map(({ keyword, error, instanceLocation }) => ({ keyword, error, steps: stepsOf(instanceLocation, values) })),
    remarks,
  };
}

const hasDetail = (errors: readonly OutputUnit[], keyword: string, place: string): boolean =>
  errors.some(
    (other) => !CONTAINERS.has(other.keyword) && (other.instanceLocation === place || other.instanceLocation.startsWith(`${place}/`)),
  ) || keyword === '$ref';

/** `#/a/b~1c/0` as steps. Which of them are places in a list only the values tell. */
function stepsOf(location: string, values: unknown): Steps {
  let at = values;
  return location
    .split('/')
    .slice(1)
    .map((part) => {
      const key = decodeURI(part).replaceAll('~1', '/').replaceAll('~0', '~');
      const step = Array.isArray(at) ? Number(key) : key;
      at = (at as Record<string | number, unknown> | undefined)?.[step];
      return step;
    });
}

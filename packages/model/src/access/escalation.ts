import { GROUP } from '../meta/object.ts';
import { type Grant, resourceMatches } from './grant.ts';
import type { Rule } from './request.ts';

/** One verb on one resource pattern of one group. */
interface Unit {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly names: readonly string[] | undefined;
}

const unitsOf = (rule: Rule): Unit[] =>
  rule.verbs.flatMap((verb) =>
    (rule.apiGroups ?? [GROUP]).flatMap((group) => rule.resources.map((resource) => ({ verb, group, resource, names: rule.names }))),
  );

/**
 * What of `wanted` somebody who holds `held` may not give away, in words; empty when all of it is theirs. Each right must be inside one grant that is held:
 * stricter than adding grants up, so that nobody gets by pieces what nobody gave.
 */
export function uncovered(held: readonly Grant[], wanted: readonly Grant[]): string[] {
  const missing = wanted.flatMap((grant) => {
    const able = held.filter((own) => placeCovers(own, grant));
    return grant.rules
      .flatMap(unitsOf)
      .filter((unit) => !able.some((own) => own.rules.some((rule) => ruleCovers(rule, unit))))
      .map((unit) => `${unit.verb} on ${unit.resource}${placeWords(grant)}`);
  });
  return [...new Set(missing)];
}

function placeCovers(held: Grant, wanted: Grant): boolean {
  if (held.level === 'system') return true;
  if (wanted.level === 'system') return false;
  if (held.level === 'tenant') return true;
  if (wanted.level === 'tenant') return false;
  const inside =
    held.projects === undefined || (wanted.projects !== undefined && wanted.projects.every((name) => held.projects?.includes(name)));
  if (!inside) return false;
  if (held.level === 'project') return true;
  return wanted.level === 'resource' && wanted.selector === held.selector;
}

function ruleCovers(rule: Rule, unit: Unit): boolean {
  const groups = rule.apiGroups ?? [GROUP];
  const names = rule.names === undefined || (unit.names !== undefined && unit.names.every((name) => rule.names?.includes(name)));
  return (
    names &&
    (rule.verbs.includes('*') || rule.verbs.includes(unit.verb)) &&
    (groups.includes('*') || groups.includes(unit.group)) &&
    rule.resources.some((pattern) => patternCovers(pattern, unit.resource))
  );
}

/** A pattern inside another one. */
function patternCovers(held: string, wanted: string): boolean {
  if (held === '*' || held === wanted) return true;
  // `*` is more than any pattern but itself, and what is left of `wanted` is matched part by part (`*` stands for itself there).
  return wanted !== '*' && resourceMatches(held, wanted);
}

/** What both rules allow, as rules. */
export function commonRules(left: readonly Rule[], right: readonly Rule[]): Rule[] {
  return left.flatMap((a) =>
    right.flatMap((b) => {
      const verbs = commonWords(a.verbs, b.verbs);
      const apiGroups = commonWords(a.apiGroups ?? [GROUP], b.apiGroups ?? [GROUP]);
      const resources = a.resources.filter((one) => b.resources.some((other) => patternCovers(other, one)));
      for (const one of b.resources)
        if (!resources.includes(one) && a.resources.some((other) => patternCovers(other, one))) resources.push(one);
      const names = a.names === undefined ? b.names : b.names === undefined ? a.names : a.names.filter((name) => b.names?.includes(name));
      if (verbs.length === 0 || apiGroups.length === 0 || resources.length === 0 || names?.length === 0) return [];
      return [{ apiGroups, resources, verbs, ...(names === undefined ? {} : { names }) }];
    }),
  );
}

const commonWords = (left: readonly string[], right: readonly string[]): readonly string[] =>
  left.includes('*') ? right : right.includes('*') ? left : left.filter((word) => right.includes(word));

const placeWords = ({ level, projects, selector }: Grant): string =>
  level === 'system'
    ? ' everywhere'
    : level === 'tenant'
      ? ' in the whole tenant'
      : `${projects === undefined ? ' in every project' : ` in ${projects.join(', ')}`}${selector === undefined ? '' : ` labelled ${selector}`}`;

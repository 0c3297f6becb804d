import type { IdentityProviderSpec } from './identity-provider.ts';

/** Whom a provider says somebody is, as far as Slipway believes it. */
export interface Person {
  /** The provider's own, never reused name for the person: with the issuer it is who they are. */
  readonly subject: string;
  /** What they would like to be called; may be taken. */
  readonly username: string;
  readonly displayName: string;
  /** Verified by the provider, or empty. */
  readonly email: string;
  /** The values of the groups claim that the provider's mapping names. */
  readonly groups: readonly string[];
}

export type Claims = Readonly<Record<string, unknown>>;
export type Reading = { readonly person: Person } | { readonly refused: string };

const MOST_SUBJECT = 255;

/**
 * Reads a person from the claims of a provider, or says why they are not let in: for the person and for the log, without values of claims.
 * Whatever a claim holds that is not text is not there: a claim decides nothing by being odd.
 */
export function readPerson(spec: IdentityProviderSpec, claims: Claims): Reading {
  const { oidc, allow } = spec;
  // As it is, to the last space: two people whose subjects are alike are two people.
  const subject = typeof claims['sub'] === 'string' ? claims['sub'] : '';
  if (subject.trim() === '' || subject.length > MOST_SUBJECT) return { refused: 'the provider does not say who you are (claim "sub")' };
  const email = claims['email_verified'] === true || claims['email_verified'] === 'true' ? textOf(claims[oidc.claims.email]) : '';
  for (const { claim, values } of allow.claims) {
    if (!valuesOf(claims[claim]).some((value) => values.includes(value)))
      return { refused: `the provider's claim "${claim}" is not one of the values that are let in` };
  }
  if (allow.emailDomains.length > 0) {
    if (email === '') return { refused: 'the provider does not say that your e-mail address is verified' };
    if (!allow.emailDomains.includes(domainOf(email))) return { refused: 'your e-mail address is not of a domain that is let in' };
  }
  const mapped = new Set(spec.teams.map(({ group }) => group));
  return {
    person: {
      subject,
      username: textOf(claims[oidc.claims.username]),
      displayName: textOf(claims[oidc.claims.displayName]).slice(0, 200),
      email: /^[^\s@]+@[^\s@]+$/.test(email) && email.length <= 254 ? email : '',
      groups: [...new Set(valuesOf(claims[oidc.claims.groups]))].filter((value) => mapped.has(value)).toSorted(),
    },
  };
}

/** Teams that a mapping gives for groups. */
export const mappedTeams = (spec: Pick<IdentityProviderSpec, 'teams'>, groups: readonly string[]): string[] => [
  ...new Set(spec.teams.filter(({ group }) => groups.includes(group)).map(({ team }) => team)),
];

const textOf = (value: unknown): string => (typeof value === 'string' ? value.trim() : '');

function valuesOf(value: unknown): string[] {
  const items: unknown[] = Array.isArray(value) ? value : [value];
  return items.filter((item) => ['string', 'number', 'boolean'].includes(typeof item)).map(String);
}

const domainOf = (email: string): string => email.slice(email.lastIndexOf('@') + 1).toLowerCase();

/** A name for a user, from what the provider calls them: `Ada.Lovelace@example.com` is `ada-lovelace`. Empty when nothing is left of it. */
export function nameForUser(username: string): string {
  const local = username.includes('@') ? username.slice(0, username.indexOf('@')) : username;
  return (
    local
      .normalize('NFKD')
      // Accents, which have a character of their own now.
      .replaceAll(/\p{Mark}/gu, '')
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '-')
      .replaceAll(/^-+|-+$/g, '')
      .slice(0, 50)
      .replace(/-+$/, '')
  );
}

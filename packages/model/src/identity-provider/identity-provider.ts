import { z } from 'zod';
import { defineKind } from '../meta/define-kind.ts';
import { secretText } from '../meta/secret-fields.ts';
import { urlText } from '../meta/url-text.ts';
import { admitIdentityProvider } from './admit.ts';

/** A member of the provider's answer; those of other namespaces are URLs, so dots are part of the name. */
const claimName = z.string().min(1).max(200);
const claimValue = z.string().min(1).max(500);

export const oidcSchema = z.strictObject({
  /** Exactly as the provider says it in its discovery document and its tokens: `https://login.example.com/realms/corp`. */
  issuer: urlText(['https'], 1000),
  clientId: z.string().min(1).max(500),
  /** Absent: a public client, which PKCE alone protects. */
  clientSecret: secretText(z.string().min(1).max(2000)).optional(),
  /** What is asked for; `openid` must be among them. */
  scopes: z
    .array(
      z
        .string()
        .regex(/^[\x21\x23-\x5B\x5D-\x7E]+$/, 'must be a scope: printable characters without spaces')
        .max(200),
    )
    .min(1)
    .max(30)
    .default(['openid', 'profile', 'email']),
  /** PEM of authorities that the provider's certificate may be of, besides the public ones. */
  caBundle: z.string().max(100_000).default(''),
  /** Which claims say what about a person. */
  claims: z
    .strictObject({
      username: claimName.default('preferred_username'),
      displayName: claimName.default('name'),
      email: claimName.default('email'),
      groups: claimName.default('groups'),
    })
    .default({ username: 'preferred_username', displayName: 'name', email: 'email', groups: 'groups' }),
});
export type OidcSpec = z.infer<typeof oidcSchema>;

export const identityProviderSpecSchema = z.strictObject({
  displayName: z.string().max(200).default(''),
  /** Ends every session from this provider, and keys, watches and tunnels of the people who come through it, within seconds. */
  disabled: z.boolean().default(false),
  /** Shown on the sign-in page of the tenant. Others are reached by who knows their name, so that a page does not tell which tenants there are. */
  listed: z.boolean().default(false),
  oidc: oidcSchema,
  /** Who is let in; all that is given must hold. Absent: everybody whom the provider lets through. */
  allow: z
    .strictObject({
      /** The claim, or one of its values when it is a list, must be one of `values`. */
      claims: z
        .array(z.strictObject({ claim: claimName, values: z.array(claimValue).min(1).max(200) }))
        .max(20)
        .default([]),
      /** The e-mail address must be of one of these domains, and the provider must say that it is verified. */
      emailDomains: z
        .array(
          z
            .string()
            .regex(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/, 'must be a domain in lower case: example.com')
            .max(253),
        )
        .max(200)
        .default([]),
    })
    .default({ claims: [], emailDomains: [] }),
  /** Whether somebody who comes for the first time becomes a user. Otherwise an admin makes users and says who they are (`User.spec.identity`). */
  createUsers: z.boolean().default(true),
  /** Teams that people are in because the provider says so, as long as it does, beside those that name them as members. */
  teams: z
    .array(
      z.strictObject({
        /** A value of the groups claim. */
        group: claimValue,
        team: z.string().min(1).max(253),
      }),
    )
    .max(500)
    .default([]),
  /** Whether keys of a person rest too when the provider says that the person (not only one session) was signed out, until they sign in again. */
  logoutEndsKeys: z.boolean().default(false),
  /** How long a session lasts before the provider is asked again, by signing in. Default: 12 hours. */
  sessionMaxAgeSeconds: z.number().int().min(300).max(2_592_000).default(43_200),
  /** How long a person's keys work after the provider last confirmed the person, by a sign-in. Default: 30 days. */
  keyMaxAgeSeconds: z.number().int().min(300).max(31_536_000).default(2_592_000),
});
export type IdentityProviderSpec = z.infer<typeof identityProviderSpecSchema>;

export const identityProviderKind = defineKind<IdentityProviderSpec, Record<string, never>>({
  kind: 'IdentityProvider',
  plural: 'identityproviders',
  shortNames: ['idp'],
  scope: 'tenant',
  description:
    'Where people of the tenant sign in: an OpenID Connect provider. Whoever writes one must hold what its people and teams hold.',
  spec: identityProviderSpecSchema,
  status: z.object({}),
  admit: admitIdentityProvider,
  columns: [
    { name: 'DISPLAY NAME', value: (provider) => provider.spec.displayName },
    { name: 'ISSUER', value: (provider) => provider.spec.oidc.issuer },
    { name: 'TEAMS', type: 'integer', value: (provider) => provider.spec.teams.length },
    { name: 'DISABLED', value: (provider) => String(provider.spec.disabled) },
  ],
});

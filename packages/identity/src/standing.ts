import { type ApiObject, type Grant, type IdentityProviderSpec, mappedTeams, type UserSpec, type UserStatus } from '@slipway/model';
import { type Directory, grantsOf, type SubjectRef } from './directory.ts';

type User = ApiObject<UserSpec, UserStatus>;
type Provider = ApiObject<IdentityProviderSpec>;

/** The provider that stands behind a user now: there, not disabled, the same one, with the same issuer, that confirmed them. Undefined when none does. */
export async function standingProvider(directory: Directory, tenant: string, user: User): Promise<Provider | undefined> {
  const { identity } = user.spec;
  if (identity === undefined) return undefined;
  const provider = (await directory.find('IdentityProvider', tenant, identity.provider)) as Provider | undefined;
  return provider !== undefined && standsBehind(provider, user) ? provider : undefined;
}

/** Whether this is the provider that lets a user in: there, not disabled, of the issuer that knows them. */
export function letsIn(provider: Provider, { spec: { identity } }: User): boolean {
  return (
    identity?.provider === provider.metadata.name &&
    !provider.spec.disabled &&
    provider.metadata.deletionTimestamp === undefined &&
    provider.spec.oidc.issuer === identity.issuer
  );
}

/** And the very one that confirmed them. */
export function standsBehind(provider: Provider, user: User): boolean {
  const signIn = user.status?.signIn;
  return letsIn(provider, user) && provider.metadata.uid === signIn?.providerUid && user.spec.identity?.subject === signIn.subject;
}

/** Whether a provider still vouches for a user: it confirmed them not too long ago. Users without a provider need none. */
export async function isConfirmed(directory: Directory, tenant: string, user: User, now: number): Promise<boolean> {
  if (user.spec.identity === undefined) return true;
  const provider = await standingProvider(directory, tenant, user);
  const at = Date.parse(user.status?.signIn?.at ?? '');
  return provider !== undefined && now - at < provider.spec.keyMaxAgeSeconds * 1000;
}

/** Teams of a subject: those that name it as a member, and those that its identity provider's mapping gives now. */
export async function teamsOf(directory: Directory, subject: SubjectRef): Promise<readonly string[]> {
  if (subject.kind !== 'User') return [];
  const named = (await directory.access(subject.tenant)).teams.get(subject.name) ?? [];
  const user = (await directory.find('User', subject.tenant, subject.name)) as User | undefined;
  const provider = user === undefined ? undefined : await standingProvider(directory, subject.tenant, user);
  if (provider === undefined) return named;
  return [...new Set([...named, ...mappedTeams(provider.spec, user?.status?.signIn?.groups ?? [])])];
}

/** What a tenant's bindings give a subject. */
export async function grantsIn(directory: Directory, tenant: string, subject: SubjectRef): Promise<Grant[]> {
  // Bindings of the system may name users of other tenants, but not their teams.
  const teams = subject.tenant === tenant ? await teamsOf(directory, subject) : [];
  return grantsOf(await directory.access(tenant), subject, teams);
}

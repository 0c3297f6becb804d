import { type Clock, sha256Hex, SlipwayError } from '@slipway/kit';
import { type ApiObject, nameForUser, type ObjectStore, type Person, SYSTEM_TENANT, type UserSpec, type UserStatus } from '@slipway/model';
import type { Directory, SubjectRef } from '../directory.ts';
import { grantsIn, teamsOf } from '../standing.ts';
import type { Provider } from './provider-client.ts';

type User = ApiObject<UserSpec, UserStatus>;

export interface PeopleDeps {
  readonly store: ObjectStore;
  readonly directory: Directory;
  readonly clock: Clock;
}

/** Two first sign-ins of one person at the same moment make one user; the other one finds it at the second look. */
const ATTEMPTS = 3;

/**
 * The user a person is: who is linked to this provider, issuer and subject, or a new one. Nobody becomes a user that is there already by having the same name or
 * e-mail address. `as` runs what is written as that user's doing, for the audit.
 */
export async function userOf(
  deps: PeopleDeps,
  where: { readonly tenant: string; readonly provider: Provider },
  person: Person,
  as: <T>(name: string, work: () => Promise<T>) => Promise<T>,
): Promise<User> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const linked = await linkedUser(deps, where, person);
    const found = linked ?? (await makeOnlyUser(deps, where, person, as));
    if (found === undefined) continue;
    return as(found.metadata.name, () => confirm(deps, where, found, person));
  }
  throw new SlipwayError('Conflict', 'The user could not be made: others sign in at this moment.', { hint: 'Begin again.' });
}

async function linkedUser(
  { store }: PeopleDeps,
  { tenant, provider }: { tenant: string; provider: Provider },
  person: Person,
): Promise<User | undefined> {
  const { name } = provider.metadata;
  const fieldSelector = `spec.identity.provider=${name},spec.identity.subject=${person.subject.replaceAll(/[\\,=]/g, String.raw`\$&`)}`;
  const { items } = await store.list({ tenant, kind: 'User', fieldSelector });
  const same = (items as User[]).filter(
    ({ spec: { identity } }) => identity?.issuer === provider.spec.oidc.issuer && identity.subject === person.subject,
  );
  const age = ({ metadata }: User) => `${metadata.creationTimestamp} ${metadata.name}`;
  return same.toSorted((a, b) => (age(a) < age(b) ? -1 : 1))[0];
}

/** Undefined when the same person signed in elsewhere at this moment: whoever finds the other one there first, under another name, takes its own back. */
async function makeOnlyUser(...[deps, where, person, as]: Parameters<typeof userOf>): Promise<User | undefined> {
  const made = await makeUser(deps, where, person, as);
  if (made === undefined) return undefined;
  const { name, uid } = made.metadata;
  const first = await linkedUser(deps, where, person);
  if (first === undefined || first.metadata.uid === uid) return made;
  await as(name, () => deps.store.delete({ tenant: where.tenant, kind: 'User', name }, { uid }));
  return undefined;
}

async function makeUser(
  deps: PeopleDeps,
  { tenant, provider }: { tenant: string; provider: Provider },
  person: Person,
  as: <T>(name: string, work: () => Promise<T>) => Promise<T>,
): Promise<User | undefined> {
  const { issuer } = provider.spec.oidc;
  if (!provider.spec.createUsers) {
    throw new SlipwayError('Forbidden', 'You are not a user of this tenant, and this provider does not make users.', {
      hint: `Ask an admin of the tenant to make one for you; to this provider you are the subject "${person.subject}".`,
    });
  }
  const name = await freeName(deps, tenant, person, issuer);
  const identity = { provider: provider.metadata.name, issuer, subject: person.subject };
  const spec: UserSpec = { displayName: person.displayName, email: person.email, disabled: false, identity };
  return as(name, () => deps.store.create({ kind: 'User', metadata: { name }, spec }, { tenant }) as Promise<User>).catch(
    (error: unknown) => {
      if (error instanceof SlipwayError && error.code === 'AlreadyExists') return undefined;
      throw error;
    },
  );
}

/** What the person is called, if that is nobody's and no team or binding waits for somebody of that name; else with a mark that is theirs alone. */
async function freeName(deps: PeopleDeps, tenant: string, person: Person, issuer: string): Promise<string> {
  const called = nameForUser(person.username);
  const mark = sha256Hex(JSON.stringify([issuer, person.subject])).slice(0, 8);
  const marked = `${called || 'user'}-${mark}`;
  for (const name of called === '' ? [marked] : [called, marked]) if (await isFree(deps, { kind: 'User', tenant, name })) return name;
  throw new SlipwayError('Conflict', `The names for you are taken or given rights already: ${called}, ${marked}.`, {
    hint: 'Ask an admin of the tenant to make a user for you.',
  });
}

async function isFree({ store, directory }: PeopleDeps, subject: SubjectRef): Promise<boolean> {
  if ((await store.get(subject)) !== undefined) return false;
  const waiting = [
    ...(await teamsOf(directory, subject)),
    ...(await grantsIn(directory, subject.tenant, subject)),
    ...(await grantsIn(directory, SYSTEM_TENANT, subject)),
  ];
  return waiting.length === 0;
}

async function confirm(
  deps: PeopleDeps,
  { tenant, provider }: { tenant: string; provider: Provider },
  user: User,
  person: Person,
): Promise<User> {
  const at = new Date(deps.clock.now()).toISOString();
  const signIn = { providerUid: provider.metadata.uid, subject: person.subject, groups: [...person.groups], at };
  // Whatever else is written to the user meanwhile: this is about the status alone.
  const metadata = { ...user.metadata, resourceVersion: '' };
  const confirmed = await deps.store.updateStatus({ ...user, metadata, status: { ...user.status, signIn } }, { tenant });
  deps.directory.changed('User', tenant);
  return confirmed as User;
}

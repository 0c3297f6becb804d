import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CliHub, startCliHub } from '../testing/cli-hub.ts';

const GOOD = 'violet anchor tundra 7';
const BETTER = 'quartz meadow lantern 9';

// Every step starts a process or two: on a busy machine seconds each.
describe('accounts from the command line', { timeout: 180_000 }, () => {
  let hub: CliHub;
  const admin = (...args: string[]) => hub.slipway(args);
  /** Another person, with a configuration of their own. */
  const ada = (args: string[], input?: string) =>
    hub.slipway(args, { env: { SLIPWAY_CONFIG: join(hub.folder, 'ada.yaml') }, ...(input === undefined ? {} : { input }) });
  const loginAda = (password: string) =>
    ada(['login', hub.server, '--user', 'ada', '--ca-file', hub.ca, '--password-stdin'], `${password}\n`);
  beforeAll(async () => {
    hub = await startCliHub();
  }, 180_000);
  afterAll(() => hub.stop());

  it('invited by a link, a person chooses a password and logs in', async () => {
    const invited = await admin('user', 'invite', 'ada', '--email', 'ada@example.com', '--ttl', '1h');
    expect(invited).toMatchObject({ code: 0, out: expect.stringMatching(/^https:\/\/127\.0\.0\.1:\d+\/auth\/invitation#swi_\S+\n$/) });
    const link = invited.out.trim();
    const accept = (password: string) => ada(['user', 'accept', link, '--ca-file', hub.ca, '--password-stdin'], password);
    expect(await accept('password1234')).toMatchObject({ code: 1, talk: expect.stringContaining('guessed first') });
    expect(await accept(GOOD)).toMatchObject({ code: 0, talk: expect.stringContaining(`login ${hub.server} --user ada`) });
    expect(await accept(GOOD)).toMatchObject({ code: 4, talk: expect.stringContaining('This link is not valid') });
    expect(await loginAda('wrong')).toMatchObject({ talk: expect.stringContaining('The user name or the password is wrong') });
    expect(await loginAda(GOOD)).toMatchObject({ code: 0, talk: expect.stringMatching(/Logged in to .* as ada/) });
    expect((await ada(['whoami'])).out).toMatch(/User: +ada/);
  });

  it('sees and ends sessions', async () => {
    await loginAda(GOOD);
    const list = await ada(['sessions', 'list']);
    expect(list.out).toMatch(/^SESSION +BY +FROM +SINCE +LAST USED +ENDS\n/);
    const sessions = JSON.parse((await ada(['sessions', 'list', '-o', 'json'])).out) as { id: string; current: boolean }[];
    const other = sessions.find(({ current }) => !current)?.id as string;
    expect(await ada(['sessions', 'revoke', other])).toMatchObject({ code: 0, talk: '1 session of "ada" ended.\n' });
    expect((await ada(['sessions', 'revoke'])).code).toBe(2);
    expect((await ada(['sessions', 'list', '--user', 'admin'])).code).toBe(3);
    expect((await admin('sessions', 'revoke', '--all', '--user', 'ada')).talk).toContain('1 session of "ada" ended');
    expect((await ada(['whoami'])).code).not.toBe(0);
  });

  it('changes a password, and logs out', async () => {
    await loginAda(GOOD);
    expect(await ada(['passwd', '--password-stdin'], `${GOOD}\n${BETTER}\n`)).toMatchObject({
      code: 0,
      talk: expect.stringContaining('was changed'),
    });
    expect((await ada(['whoami'])).code).toBe(0);
    expect((await ada(['logout'])).talk).toContain(`Logged out of ${hub.server}`);
    expect((await ada(['whoami'])).code).not.toBe(0);
    // To the hub of the context, whose authority is still known.
    expect(await ada(['login', '--user', 'ada', '--password-stdin'], BETTER)).toMatchObject({ code: 0 });
  });

  it('makes a key of one’s own without being an admin', async () => {
    const made = await ada(['apikey', 'create', 'laptop', '--ttl', '30d']);
    expect(made).toMatchObject({ code: 0, out: expect.stringMatching(/^swt_/) });
    expect((await ada(['get', 'apikeys'])).out).toMatch(/laptop +ada/);
    expect((await ada(['delete', 'apikey', 'laptop', '--yes'])).code).toBe(0);
  });

  it('who has the host sets the password of the first admin, and of nobody who is not there', async () => {
    const set = (user: string) => hub.slipway(['user', 'set-password', user, '--password-stdin'], { input: `${GOOD}\n` });
    expect(await set('admin')).toMatchObject({ code: 0, talk: expect.stringContaining('The password of "admin" is set') });
    const env = { SLIPWAY_CONFIG: join(hub.folder, 'admin.yaml') };
    const login = ['login', hub.server, '--user', 'admin', '--ca-file', hub.ca, '--password-stdin'];
    expect(await hub.slipway(login, { env, input: GOOD })).toMatchObject({ code: 0 });
    expect((await hub.slipway(['get', 'tenants'], { env })).out).toContain('default');
    expect(await set('nobody')).toMatchObject({ code: 1, talk: expect.stringContaining('"nobody" was not found') });
    expect((await admin('audit', 'list', '--verb', 'set-password')).out).toMatch(/host +set-password +users admin/);
  });
});

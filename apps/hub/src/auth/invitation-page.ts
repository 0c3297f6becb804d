import type { FastifyInstance } from 'fastify';
import { pagePolicy, sourceHash } from './browser/page.ts';

const SCRIPT = `
const token = location.hash.slice(1);
const form = document.querySelector('form');
const told = document.querySelector('output');
const next = new URLSearchParams(location.search).get('next');
history.replaceState(null, '', location.pathname);
form.hidden = token === '';
if (token === '') told.textContent = 'This address is not complete: open the link as you got it.';
form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const [first, second] = ['first', 'second'].map((id) => document.getElementById(id).value);
  if (first !== second) { told.textContent = 'The two are not the same.'; return; }
  const body = JSON.stringify({ token, newPassword: first });
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch('invitation', { method: 'POST', headers, body }).catch(() => undefined);
  const said = await answer?.json().catch(() => undefined);
  if (answer?.ok) {
    form.hidden = true;
    told.textContent = 'Your password is set. Signing you in …';
    const login = JSON.stringify({ tenant: said.tenant, user: said.user, password: first });
    const session = await fetch('login', { method: 'POST', headers, body: login }).catch(() => undefined);
    if (session?.ok) location.replace(next === 'setup' ? '../console/setup' : '../console/');
    else told.textContent = 'Your password is set. Sign in as "' + said.user + '" of tenant "' + said.tenant + '".';
  }
  else told.textContent = said?.message ?? 'The hub did not answer. Try again.';
});
`;
const STYLE =
  'body{font:16px system-ui;max-width:26rem;margin:15vh auto;padding:0 1rem}label,input,button,output{display:block;width:100%;margin:.4rem 0;box-sizing:border-box}input,button{font:inherit;padding:.5rem}';

const PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Choose a password · Slipway</title>
<style>${STYLE}</style>
<h1>Choose a password</h1>
<form hidden>
<label for="first">New password</label>
<input id="first" type="password" autocomplete="new-password" required autofocus>
<label for="second">The same again</label>
<input id="second" type="password" autocomplete="new-password" required>
<button>Set password</button>
</form>
<output role="status"></output>
<script>${SCRIPT}</script>
</html>
`;

/** Nothing but this very script and style runs, and it may speak to this hub only. */
const POLICY = pagePolicy(`script-src ${sourceHash(SCRIPT)}`, `style-src ${sourceHash(STYLE)}`, "connect-src 'self'", "form-action 'none'");

/** Where the link of an invitation leads: the token is behind the `#` and reaches the hub only with the password. */
export function invitationPage(scope: FastifyInstance): void {
  scope.get('/auth/invitation', { config: { open: true } }, async (_request, reply) =>
    reply.header('content-security-policy', POLICY).type('text/html; charset=utf-8').send(PAGE),
  );
}

import type { WaitingDevice } from '@slipway/identity';
import { type Html, markup, type Page } from './page.ts';

export interface SignInPlace {
  readonly tenant: string;
  readonly returnTo: string;
}

const fields = (values: Readonly<Record<string, string>>): Html[] =>
  Object.entries(values).map(([name, value]) => markup`<input type="hidden" name="${name}" value="${value}" />`);

const query = (values: Readonly<Record<string, string>>): string => new URLSearchParams(values).toString();

export function signInPage(
  place: SignInPlace,
  providers: readonly { readonly name: string; readonly displayName: string }[],
  problem?: string,
): Page {
  const { tenant, returnTo } = place;
  const links = providers.map(
    ({ name, displayName }) =>
      markup`<a class="button" href="/auth/oidc/${encodeURIComponent(tenant)}/${encodeURIComponent(name)}/start?${query({ returnTo })}"
        >Continue with ${displayName}</a
      >`,
  );
  return {
    title: 'Sign in',
    body: markup` ${problem === undefined ? undefined : markup`<p class="warning" role="alert">${problem}</p>`}
      ${links}${links.length > 0 ? markup`<hr />` : undefined}
      <form method="post" action="/auth/sign-in">
        ${fields({ returnTo })}
        <label for="tenant">Tenant</label
        ><input id="tenant" name="tenant" value="${tenant}" required autocomplete="organization" autocapitalize="none" spellcheck="false" />
        <label for="user">User</label
        ><input id="user" name="user" required autocomplete="username" autocapitalize="none" spellcheck="false" />
        <label for="password">Password</label
        ><input id="password" name="password" type="password" required autocomplete="current-password" />
        <button>Sign in</button>
      </form>
      <p class="quiet">
        Sign-in of an organisation that is not shown here: open the address its admin gave you, or use
        <code>slipway login --sso --tenant … --provider …</code>.
      </p>`,
  };
}

/** Between another site and a page of ours: what the browser opens from here comes from the hub itself. */
export const passingPage = (next: string): Page => ({
  title: 'Signing you in',
  body: markup`<p><a class="button" href="${next}">Continue</a></p>`,
  next,
});

export const signedInPage = (who: { readonly name: string; readonly tenant: string }, csrf: string): Page => ({
  title: 'You are signed in',
  body: markup`<p>As <strong>${who.name}</strong> of tenant <strong>${who.tenant}</strong>.</p>
    <p><a class="button" href="/console/">Open the console</a></p>
    <p><a class="button second" href="/auth/device">Sign in a command line</a></p>
    <form method="post" action="/auth/sign-out">${fields({ csrf })}<button class="second">Sign out</button></form>`,
});

export const deviceCodePage = (who: { readonly name: string; readonly tenant: string }, csrf: string, problem?: string): Page => ({
  title: 'Sign in a command line',
  body: markup` ${problem === undefined ? undefined : markup`<p class="warning" role="alert">${problem}</p>`}
    <p>
      Type the code that <strong>your own</strong> terminal shows. It signs that terminal in as <strong>${who.name}</strong> of tenant
      <strong>${who.tenant}</strong>.
    </p>
    <form method="post" action="/auth/device">
      ${fields({ csrf })} <label for="code">Code</label
      ><input
        class="code"
        id="code"
        name="code"
        required
        autofocus
        autocomplete="off"
        autocapitalize="characters"
        spellcheck="false"
        maxlength="12"
        placeholder="XXXX-XXXX"
      />
      <button>Continue</button>
    </form>
    <p class="quiet">Did somebody send you a code, or ask you to open this page? Then close it: with the code they would act as you.</p>`,
});

export function deviceConfirmPage(
  about: { readonly device: WaitingDevice; readonly code: string; readonly address: string | undefined; readonly now: number },
  who: { readonly name: string; readonly tenant: string },
  csrf: string,
): Page {
  const { device, code, address, now } = about;
  const elsewhere = device.address !== address;
  const seconds = Math.max(0, Math.round((now - device.createdAt) / 1000));
  return {
    title: 'Sign this program in?',
    body: markup` <dl>
        <dt>Code</dt>
        <dd><strong>${code}</strong></dd>
        <dt>Says it is</dt>
        <dd>${device.client || 'nothing'}</dd>
        <dt>Asked from</dt>
        <dd>${device.address ?? 'an unknown address'}, ${seconds} seconds ago</dd>
        <dt>Will act as</dt>
        <dd><strong>${who.name}</strong> of tenant <strong>${who.tenant}</strong>, with all your rights</dd>
      </dl>
      ${elsewhere ? markup`<p class="warning">It asks from another address than yours (${address ?? 'unknown'}). Approve only if you started it there yourself.</p>` : undefined}
      <form method="post" action="/auth/device/decision">
        ${fields({ csrf, code })}
        <button name="decision" value="approve">Approve</button>
        <button class="second" name="decision" value="deny">Deny</button>
      </form>
      <p class="quiet">Approve only if your own terminal shows this code now.</p>`,
  };
}

export const devicePage = (approved: boolean): Page =>
  approved
    ? { title: 'Signed in', body: markup`<p>Your command line goes on by itself. You can close this page.</p>` }
    : { title: 'Denied', body: markup`<p>The program was not signed in. If you did not start it, tell your admin.</p>` };

export const problemPage = (message: string, hint: string | undefined): Page => ({
  title: 'This did not work',
  body: markup`<p>${message}</p>
    ${hint === undefined ? undefined : markup`<p>${hint}</p>`}
    <p><a class="button second" href="/auth/sign-in">To the sign-in page</a></p>`,
});

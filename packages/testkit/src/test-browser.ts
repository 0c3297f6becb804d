import type { IncomingHttpHeaders } from 'node:http';
import { request } from 'node:https';

export interface PageAnswer {
  /** Of the last request, redirects followed. */
  readonly url: URL;
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** What a browser does for a sign-in: cookies by host, redirects, meta refresh, forms; with the headers by which servers tell whose page it was. */
export class TestBrowser {
  readonly cookies = new Map<string, Map<string, string>>();
  readonly #ca: readonly string[];
  constructor(ca: readonly string[]) {
    this.#ca = ca;
  }

  cookie(url: string | URL, name: string): string | undefined {
    return this.cookies.get(new URL(url).host)?.get(name);
  }

  setCookie(url: string | URL, name: string, value: string): void {
    const { host } = new URL(url);
    this.cookies.set(host, (this.cookies.get(host) ?? new Map<string, string>()).set(name, value));
  }

  /** Opens an address and goes on where it leads, until `stop` says so. */
  async open(address: string | URL, stop: (url: URL) => boolean = () => false): Promise<PageAnswer> {
    let from: URL | undefined;
    let crossed = false;
    let url = new URL(address);
    for (let hops = 0; hops < 20; hops++) {
      crossed ||= from !== undefined && from.host !== url.host;
      const site = from === undefined ? 'none' : crossed ? 'cross-site' : 'same-origin';
      const answer = await this.#send('GET', url, { 'sec-fetch-site': site });
      const next = nextOf(answer);
      if (next === undefined) return answer;
      // A refresh is the page's own doing, a redirect goes on with what began it.
      if (next.refresh) crossed = false;
      if (stop(next.url)) return { ...answer, url: next.url };
      from = url;
      url = next.url;
    }
    throw new Error(`${url.href} leads in circles`);
  }

  /** Sends a form of a page that this browser shows. */
  async submit(
    page: PageAnswer,
    action: string,
    fields: Readonly<Record<string, string>>,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<PageAnswer> {
    const url = new URL(action, page.url);
    const answer = await this.#send(
      'POST',
      url,
      { origin: page.url.origin, 'sec-fetch-site': 'same-origin', ...headers },
      new URLSearchParams(fields).toString(),
    );
    const next = nextOf(answer);
    return next === undefined ? answer : this.open(next.url);
  }

  #send(method: string, url: URL, headers: Readonly<Record<string, string>>, body?: string): Promise<PageAnswer> {
    const jar = [...(this.cookies.get(url.host) ?? [])].map(([name, value]) => `${name}=${value}`).join('; ');
    return new Promise((resolve, reject) => {
      const outgoing = request(
        url,
        {
          method,
          ca: [...this.#ca],
          headers: {
            ...(jar === '' ? {} : { cookie: jar }),
            ...(body === undefined
              ? {}
              : { 'content-type': 'application/x-www-form-urlencoded', 'content-length': Buffer.byteLength(body) }),
            ...headers,
          },
        },
        (response) => {
          let text = '';
          response.on('data', (chunk: Buffer) => (text += chunk.toString()));
          response.on('end', () => {
            for (const line of response.headers['set-cookie'] ?? []) this.#keep(url, line);
            resolve({ url, status: response.statusCode ?? 0, headers: response.headers, text });
          });
        },
      );
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  }

  #keep(url: URL, line: string): void {
    const [pair = '', ...attributes] = line.split(';').map((part) => part.trim());
    const [name = '', ...value] = pair.split('=');
    const flags = attributes.map((attribute) => attribute.toLowerCase());
    if (name.startsWith('__Host-') && !['path=/', 'secure'].every((flag) => flags.includes(flag)))
      throw new Error(`${name} would not be taken: ${line}`);
    const gone = flags.includes('max-age=0') || flags.some((flag) => flag.startsWith('expires=thu, 01 jan 1970'));
    if (gone) this.cookies.get(url.host)?.delete(name);
    else this.setCookie(url, name, value.join('='));
  }
}

function nextOf({ url, status, headers, text }: PageAnswer): { url: URL; refresh: boolean } | undefined {
  if ([301, 302, 303].includes(status) && headers.location !== undefined) return { url: new URL(headers.location, url), refresh: false };
  const refresh = /<meta http-equiv="refresh" content="0; url=([^"]*)">/.exec(text)?.[1];
  return refresh === undefined ? undefined : { url: new URL(refresh.replaceAll('&amp;', '&'), url), refresh: true };
}

/** The value of a field in a page's form. */
export const fieldOf = (page: PageAnswer, name: string): string => new RegExp(`name="${name}" value="([^"]*)"`).exec(page.text)?.[1] ?? '';

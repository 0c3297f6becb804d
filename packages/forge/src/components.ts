import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { run, SlipwayError } from '@slipway/kit';
import { parse, stringify } from 'yaml';

/** `${NAME:=default}` and `${NAME:-default}` become their defaults; a variable without one is an error. */
export function resolveDefaults(text: string): string {
  return text.replace(/\$\{([A-Z_][A-Z0-9_]*)(?::[=-]([^}]*))?\}/g, (_, name: string, value: string | undefined) => {
    if (value === undefined) throw new SlipwayError('Invalid', `The manifests use the variable ${name}, which has no default.`);
    return value;
  });
}

interface Container {
  image?: string;
  imagePullPolicy?: string;
}
interface Workload {
  spec?: { template?: { spec?: { containers?: Container[] } } };
}

/** Gives Deployments the images we make in place of the source tree's moving ones, never pulled when present. Other documents stay as they are. */
export function pinImages(text: string, images: Readonly<Record<string, string>>): string {
  const documents = text.split(/^---$/m).map((document) => {
    if (!/^kind: Deployment$/m.test(document)) return document.trim();
    const deployment = parse(document) as Workload;
    for (const container of deployment.spec?.template?.spec?.containers ?? []) {
      const short = container.image?.replace(/^.*\//, '').replace(/[:@].*$/, '') ?? '';
      const image = images[short];
      if (image === undefined)
        throw new SlipwayError('Invalid', `The manifests use the image ${container.image ?? '(none)'}, which is not in the catalogue.`);
      container.image = image;
      container.imagePullPolicy = 'IfNotPresent';
    }
    return stringify(deployment, { lineWidth: 0 }).trim();
  });
  return `${documents.filter((document) => document !== '').join('\n---\n')}\n`;
}

/** Renders `<source>/<part>/config/default` of each part with kustomize (part of kubectl) into one text. */
export async function renderComponents(options: {
  readonly source: string;
  readonly parts: readonly string[];
  readonly images: Readonly<Record<string, string>>;
  readonly hyperkube: string;
  readonly scratch: string;
  readonly signal?: AbortSignal | undefined;
}): Promise<string> {
  const kubectl = join(options.scratch, 'kubectl');
  await symlink(options.hyperkube, kubectl);
  const rendered: string[] = [];
  for (const part of options.parts) {
    const { stdout } = await run(
      kubectl,
      ['kustomize', join(options.source, part, 'config/default')],
      options.signal ? { signal: options.signal } : {},
    );
    rendered.push(stdout);
  }
  return pinImages(resolveDefaults(rendered.join('\n---\n')), options.images);
}

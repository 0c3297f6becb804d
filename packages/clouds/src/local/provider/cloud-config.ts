import { gunzipSync } from 'node:zlib';
import { SlipwayError } from '@slipway/kit';
import { parse } from 'yaml';
import { z } from 'zod';

/** A file bootstrap data wants in the machine. `content` may be a private key: never log it. */
export interface BootstrapFile {
  readonly path: string;
  readonly content: Buffer;
  readonly mode: number;
  /** `root:root` */
  readonly owner: string;
  readonly append: boolean;
}

/** What cloud-init would have done: boot commands, files, then commands in order. */
export interface BootstrapData {
  readonly files: readonly BootstrapFile[];
  /** Shell lines; `bootcmd` first. */
  readonly commands: readonly string[];
}

const command = z.union([z.string(), z.array(z.union([z.string(), z.number()]).transform(String)).min(1)]);
const text = z.union([z.string(), z.null()]).transform((value) => value ?? '');

/** The closed subset that Cluster API's kubeadm bootstrap provider writes. Anything else is an error, so that nothing is silently left out. */
const cloudConfigSchema = z.strictObject({
  write_files: z
    .array(
      z.strictObject({
        path: z.string().startsWith('/'),
        content: text.default(''),
        encoding: z.string().optional(),
        owner: z.string().optional(),
        permissions: z.union([z.string(), z.number()]).optional(),
        append: z.boolean().optional(),
      }),
    )
    .nullish(),
  bootcmd: z.array(command).nullish(),
  runcmd: z.array(command).nullish(),
});

/**
 * Reads bootstrap data of format `cloud-config`. Values of `metaData` fill in `{{ ds.meta_data.<name> }}` where the data says it is a jinja template.
 * Throws `Invalid`, naming the field but never its value: the data holds CA keys.
 */
export function parseBootstrapData(data: string, metaData: Readonly<Record<string, string>>): BootstrapData {
  const rendered = data.startsWith('## template: jinja') ? renderTemplate(data, metaData) : data;
  if (!/^#cloud-config\s*$/m.test(rendered.split('\n', 3).join('\n')))
    throw new SlipwayError('Invalid', 'The bootstrap data is not a cloud-config: its first lines lack "#cloud-config".');
  const config = cloudConfigSchema.safeParse(parseYaml(rendered) ?? {});
  if (!config.success) {
    const where = config.error.issues.map((issue) => `${issue.path.join('.') || 'top level'}: ${describeIssue(issue)}`);
    throw new SlipwayError('Invalid', `The bootstrap data uses what a local machine does not support: ${where.join('; ')}.`, {
      hint: 'Supported are write_files, bootcmd and runcmd.',
    });
  }
  return {
    files: (config.data.write_files ?? []).map(toFile),
    commands: [...(config.data.bootcmd ?? []), ...(config.data.runcmd ?? [])].map(toShell),
  };
}

/** zod's own message may quote a value; names of unknown keys are safe to show. */
const describeIssue = (issue: z.core.$ZodIssue): string =>
  issue.code === 'unrecognized_keys' ? `unknown ${issue.keys.map((key) => `"${key}"`).join(', ')}` : `has the wrong form (${issue.code})`;

function parseYaml(rendered: string): unknown {
  try {
    return parse(rendered, { prettyErrors: false });
  } catch {
    // The parser's message quotes the line it stopped at, which may be a key.
    throw new SlipwayError('Invalid', 'The bootstrap data is not valid YAML.');
  }
}

function renderTemplate(data: string, metaData: Readonly<Record<string, string>>): string {
  if (/\{[%#]/.test(data))
    throw new SlipwayError('Invalid', 'The bootstrap data uses jinja statements or comments; only {{ ds.meta_data.<name> }} is supported.');
  return data.replace(/\{\{(.*?)\}\}/gs, (_whole, expression: string) => {
    const name = /^\s*ds\.meta_data\.([A-Za-z_]\w*)\s*$/.exec(expression)?.[1];
    const value = name === undefined ? undefined : metaData[name];
    if (value === undefined)
      throw new SlipwayError(
        'Invalid',
        `The bootstrap data asks for {{${expression.slice(0, 60)}}}, which a local machine does not have.`,
        {
          hint: `It has ${Object.keys(metaData)
            .map((key) => `ds.meta_data.${key}`)
            .join(', ')}.`,
        },
      );
    return value;
  });
}

type RawFile = NonNullable<z.infer<typeof cloudConfigSchema>['write_files']>[number];

function toFile(file: RawFile): BootstrapFile {
  return {
    path: file.path,
    content: decode(file),
    mode: permissions(file),
    owner: file.owner ?? 'root:root',
    append: file.append ?? false,
  };
}

function permissions(file: RawFile): number {
  if (file.permissions === undefined) return 0o644;
  // YAML reads an unquoted 0640 as the decimal 640 or as octal, depending on its version: both mean the octal digits.
  const mode = Number.parseInt(String(file.permissions), 8);
  if (Number.isNaN(mode)) throw new SlipwayError('Invalid', `The bootstrap data gives ${file.path} permissions that are not octal.`);
  return mode & 0o7777;
}

function decode(file: RawFile): Buffer {
  const encoding = (file.encoding ?? 'text/plain').toLowerCase();
  switch (encoding) {
    case 'text/plain':
      return Buffer.from(file.content, 'utf8');
    case 'b64':
    case 'base64':
      return Buffer.from(file.content, 'base64');
    case 'gz':
    case 'gzip':
      return gunzipSync(Buffer.from(file.content, 'binary'));
    case 'gz+b64':
    case 'gz+base64':
    case 'gzip+b64':
    case 'gzip+base64':
      return gunzipSync(Buffer.from(file.content, 'base64'));
    default:
      throw new SlipwayError('Invalid', `The bootstrap data gives ${file.path} the encoding "${encoding}", which is not supported.`);
  }
}

const toShell = (item: string | string[]): string => (typeof item === 'string' ? item : item.map(shellQuote).join(' '));

/** One word for sh. */
export const shellQuote = (word: string): string => `'${word.replaceAll("'", String.raw`'\''`)}'`;

import { type FieldCause, messageOf } from '@slipway/kit';
import { z } from 'zod';
import { invalidField, listOf, unsupportedField } from '../meta/causes.ts';
import { readYaml } from '../meta/bounded-yaml.ts';
import { joinPath } from '../meta/diff.ts';
import { versionRangeSchema } from './version-range.ts';

const PREFIX = 'slipway.dev/';
const CONSTRAINTS = `${PREFIX}constraints`;

/** Annotation → field of the metadata. Those under `yaml` hold YAML text. */
const TEXT: Readonly<Record<string, string>> = {
  'display-name': 'displayName',
  layer: 'layer',
  logo: 'logo',
  'upgrade-notes': 'upgradeNotes',
  deprecated: 'deprecated',
  'end-of-life': 'endOfLife',
};
const YAML: Readonly<Record<string, string>> = {
  defaults: 'defaults',
  presets: 'presets',
  constraints: 'constraints',
  images: 'images',
  keywords: 'keywords',
  'values-documentation': 'valuesDocumentation',
};

/** Lists of images that charts carry for others: Artifact Hub's, and the one that Bitnami's charts began. Read when the chart has no list for us. */
const FOREIGN_IMAGES = ['artifacthub.io/images', 'images'];

/** The metadata that a chart's annotations hold, not yet checked. Unknown `slipway.dev/…` annotations and broken YAML go to `causes`. */
export function metadataOfAnnotations(
  annotations: Readonly<Record<string, string>>,
  path: string,
): { metadata: Record<string, unknown>; causes: FieldCause[] } {
  const metadata: Record<string, unknown> = {};
  const causes: FieldCause[] = [];
  for (const [key, text] of Object.entries(annotations)) {
    if (!key.startsWith(PREFIX)) continue;
    const word = key.slice(PREFIX.length);
    const field = joinPath(path, key);
    if (Object.hasOwn(TEXT, word)) metadata[TEXT[word] ?? ''] = text;
    else if (Object.hasOwn(YAML, word)) metadata[YAML[word] ?? ''] = yamlOf(text, field, causes);
    else
      causes.push(
        unsupportedField(
          field,
          `there is no such annotation; there are: ${listOf([...Object.keys(TEXT), ...Object.keys(YAML)].toSorted())}`,
        ),
      );
  }
  const images = metadata['images'] === undefined ? foreignImages(annotations) : undefined;
  return { metadata: images === undefined ? metadata : { ...metadata, images }, causes };
}

function yamlOf(text: string, field: string, causes: FieldCause[]): unknown {
  try {
    return readYaml(text, 'it');
  } catch (error) {
    causes.push(invalidField(field, `is not YAML: ${messageOf(error)}`));
    return undefined;
  }
}

/** What cannot be read of a foreign list is no fault of the chart towards us. */
function foreignImages(annotations: Readonly<Record<string, string>>): string[] | undefined {
  for (const key of FOREIGN_IMAGES) {
    const text = annotations[key];
    const list = text === undefined ? undefined : yamlOf(text, key, []);
    if (!Array.isArray(list)) continue;
    const images = list.flatMap((item: unknown) => {
      const image = typeof item === 'object' && item !== null ? (item as { image?: unknown }).image : item;
      return typeof image === 'string' && image !== '' ? [image] : [];
    });
    if (images.length > 0) return [...new Set(images)];
  }
  return undefined;
}

/** Constraints that a catalogue shows and filters by. */
const suitsSchema = z.object({
  kubernetes: versionRangeSchema.optional().catch(undefined),
  architectures: z.array(z.string().min(1).max(200)).max(20).optional().catch(undefined),
});

/** What an annotation says of where a pack works, without opening its archive; what cannot be read says nothing. */
export function suitsInAnnotations(annotations: Readonly<Record<string, string>>): z.infer<typeof suitsSchema> {
  const text = annotations[CONSTRAINTS];
  const { kubernetes, architectures = [] } = suitsSchema.safeParse(text === undefined ? {} : yamlOf(text, CONSTRAINTS, [])).data ?? {};
  return { kubernetes, architectures: architectures.length === 0 ? undefined : architectures };
}

/** What `slipway.yaml` says of it, as a chart's annotations would: so that catalogues have it too. */
export const catalogueAnnotations = ({
  displayName,
  layer,
  constraints,
}: {
  readonly displayName?: string | undefined;
  readonly layer?: string | undefined;
  readonly constraints?: { readonly kubernetes?: string | undefined; readonly architectures?: readonly string[] | undefined } | undefined;
}): Record<string, string> => {
  const { kubernetes, architectures = [] } = constraints ?? {};
  const suits = { ...(kubernetes === undefined ? {} : { kubernetes }), ...(architectures.length === 0 ? {} : { architectures }) };
  return {
    ...(displayName === undefined ? {} : { [`${PREFIX}display-name`]: displayName }),
    ...(layer === undefined ? {} : { [`${PREFIX}layer`]: layer }),
    ...(Object.keys(suits).length === 0 ? {} : { [CONSTRAINTS]: JSON.stringify(suits) }),
  };
};

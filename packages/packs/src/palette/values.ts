import { isRecord, mergeValues, type PathStep, type Values, withValueAt } from '@slipway/model';
import type { Layout } from './layout.ts';
import type { Ledger } from './report.ts';
import { splitValues } from './template-yaml.ts';
import { hasPaletteReference } from './references.ts';

export interface PackValues {
  /** Values without references, as the pack that is made has them. */
  readonly plain: Values;
  /** Values with references, for each layer to start with. */
  readonly referring: Values;
  /** What the root `pack:` says. */
  readonly namespace?: string;
  readonly priority?: number;
  readonly displayName?: string;
  readonly images: readonly string[];
}

/** values.yaml: the roots `charts`, `manifests` and `pack`, each at its place here. */
export function readValues(ledger: Ledger, layout: Layout): PackValues {
  const content = isRecord(ledger.value) ? ledger.value : {};
  let plain: Values = {};
  let referring: Values = {};
  for (const root of ['charts', 'manifests'] as const) {
    const parts = content[root];
    if (!isRecord(parts)) continue;
    for (const [name, values] of Object.entries(parts)) {
      const at = [root, name];
      const placed = layout.place(at);
      if (placed === undefined) {
        reportStray(ledger, at, values, layout);
        continue;
      }
      ledger.take(...at);
      const split = splitValues(values ?? {}, at, ledger);
      plain = atPlace(plain, placed, split.plain);
      referring = atPlace(referring, placed, split.referring);
    }
  }
  for (const root of Object.keys(content)) if (root !== 'charts' && root !== 'manifests' && root !== 'pack') reportRoot(ledger, root);
  return { plain, referring, ...readPackRoot(ledger) };
}

const atPlace = (values: Values, placed: readonly PathStep[], part: unknown): Values => {
  const put = part === undefined ? undefined : withValueAt({}, placed, part);
  return isRecord(put) ? mergeValues(values, put) : values;
};

function reportStray(ledger: Ledger, at: readonly string[], values: unknown, layout: Layout): void {
  const nothing = values === null || (isRecord(values) && Object.keys(values).length === 0);
  const kind = at[0] === 'charts' ? 'chart' : 'manifest';
  if (nothing && layout.kind !== 'nothing') ledger.take(...at);
  else
    ledger.report(at, `are values of a ${kind} that the pack does not hold`, `Look whether the ${kind} is missing, or has another name.`);
}

function reportRoot(ledger: Ledger, root: string): void {
  const known: Readonly<Record<string, readonly [string, string]>> = {
    ansibleRoles: ['values of Ansible roles have no equivalent', 'Build an image of the operating system that has what the roles install.'],
    kubeadmconfig: ['configuration of kubeadm is no value of a pack here', 'Put it into the values of the layer of type kubernetes.'],
    kubeletConfiguration: [
      'configuration of kubelets is no value of a pack here',
      'Put it into the values of the layer of type kubernetes.',
    ],
  };
  const [what, todo] = Object.hasOwn(known, root)
    ? (known[root] ?? ['', ''])
    : [
        'is a root that is neither charts, manifests nor pack, and was left out',
        'Put it where Slipway has it: values of a layer, of the cluster or of a pool.',
      ];
  ledger.report([root], what, todo);
}

const NAMESPACES = 'Add a layer of manifests with these Namespace objects before it.';
const UNSUPPORTED: Readonly<Record<string, readonly [string, string]>> = {
  additionalNamespaces: ['namespaces besides the own one are not made by a layer', NAMESPACES],
  namespaceLabels: ['labels of namespaces are not set by a layer', NAMESPACES],
  namespaceAnnotations: ['annotations of namespaces are not set by a layer', NAMESPACES],
  releaseNameOverride: ['a release has the name of its layer', 'Call the layer what the release shall be called.'],
};

function readPackRoot(ledger: Ledger): Omit<PackValues, 'plain' | 'referring'> {
  const pack = isRecord(ledger.value) ? ledger.value['pack'] : undefined;
  if (!isRecord(pack)) return { images: [] };
  for (const [key, [what, todo]] of Object.entries(UNSUPPORTED)) if (!isNothing(pack[key])) ledger.report(['pack', key], what, todo);
  const namespace = namespaceOf(pack['namespace'], ledger);
  const priority = priorityOf(pack['spectrocloud.com/install-priority'], ledger);
  const displayName = pack['spectrocloud.com/display-name'];
  const named = typeof displayName === 'string' && displayName !== '' && displayName.length <= 200 && !hasPaletteReference(displayName);
  if (named) ledger.take('pack', 'spectrocloud.com/display-name');
  return {
    images: imagesOf(pack['content'], ledger),
    ...(namespace === undefined ? {} : { namespace }),
    ...(priority === undefined ? {} : { priority }),
    ...(named ? { displayName } : {}),
  };
}

const isNothing = (value: unknown): boolean =>
  value === undefined || value === null || value === '' || (isRecord(value) && Object.keys(value).length === 0);

function namespaceOf(namespace: unknown, ledger: Ledger): string | undefined {
  if (isNothing(namespace)) {
    ledger.take('pack', 'namespace');
    return undefined;
  }
  if (typeof namespace === 'string' && /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(namespace)) {
    ledger.take('pack', 'namespace');
    return namespace;
  }
  ledger.report(
    ['pack', 'namespace'],
    `${JSON.stringify(namespace)} cannot be the namespace that layers start with`,
    'Write the namespace in the layer of the profile.',
  );
  return undefined;
}

function priorityOf(priority: unknown, ledger: Ledger): number | undefined {
  const at = ['pack', 'spectrocloud.com/install-priority'];
  if (isNothing(priority)) {
    ledger.take(...at);
    return undefined;
  }
  if (/^-?\d{1,9}$/.test(String(priority))) {
    ledger.take(...at);
    return Number(priority);
  }
  ledger.report(at, `${JSON.stringify(priority)} is no whole number`, 'Write the priority in the layer of the profile.');
  return undefined;
}

function imagesOf(content: unknown, ledger: Ledger): string[] {
  const list = isRecord(content) ? content['images'] : undefined;
  if (!Array.isArray(list)) return [];
  return (list as unknown[]).flatMap((item, index) => {
    const at = ['pack', 'content', 'images', index];
    const image = isRecord(item) ? item['image'] : item;
    if (typeof image !== 'string' || image === '') return [];
    if (image.includes('{{') || image.length > 500) {
      ledger.report(
        at,
        `the image ${JSON.stringify(image)} is not known before the pack is used`,
        'Write the whole name of the image in images of slipway.yaml.',
      );
      return [];
    }
    ledger.take(...at, ...(isRecord(item) ? ['image'] : []));
    return [image.trim()];
  });
}

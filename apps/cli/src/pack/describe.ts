import type { PackDependency, PackInfo } from '@slipway/model';

/** What a person wants to know of a pack, a line each. */
export function describePack(info: PackInfo): string {
  const { metadata, subcharts, manifests } = info;
  const { constraints, presets, images, defaults } = metadata;
  const { resources } = constraints;
  const needs = ['cpu', 'memory', 'disk'].flatMap((name) => {
    const amount = resources?.[name as 'cpu' | 'memory' | 'disk'];
    return amount === undefined ? [] : [`${name} ${amount}`];
  });
  const rows: [string, string | undefined][] = [
    ['Name', metadata.displayName === undefined ? info.name : `${info.name} (${metadata.displayName})`],
    ['Version', info.appVersion === undefined ? info.version : `${info.version} (of ${info.appVersion})`],
    ['Kind', info.kind],
    ['Layer', metadata.layer],
    ['Digest', info.digest],
    ['About', info.description || undefined],
    ['Keywords', joined(metadata.keywords)],
    ['Deprecated', metadata.deprecated],
    ['End of life', metadata.endOfLife],
    ['Namespace', defaults.namespace],
    ['Priority', defaults.priority === undefined ? undefined : String(defaults.priority)],
    ['Kubernetes', constraints.kubernetes],
    ['Clouds', joined(constraints.clouds)],
    ['Architectures', joined(constraints.architectures)],
    ['Needs', joined([...constraints.dependencies.map(dependencyOf), ...needs])],
    ['Upgrades from', constraints.upgradeFrom],
    ['Presets', joined(presets.map(({ name, group }) => `${name} (${group})`))],
    ['Images', images.length === 0 ? undefined : images.join('\n')],
    ['Charts in it', joined(subcharts.map(({ name, version }) => `${name} ${version}`))],
    ['Manifests', joined(manifests.map(({ name }) => name))],
    ['Schema', info.kind === 'manifests' ? undefined : info.valuesSchema === undefined ? 'none' : 'values.schema.json'],
  ];
  const shown = rows.filter((row): row is [string, string] => row[1] !== undefined);
  const width = Math.max(...shown.map(([label]) => label.length)) + 3;
  return shown.map(([label, text]) => `${`${label}:`.padEnd(width)}${text.replaceAll('\n', `\n${' '.repeat(width)}`)}`).join('\n');
}

const joined = (parts: readonly string[]): string | undefined => (parts.length === 0 ? undefined : parts.join(', '));

function dependencyOf({ pack, version, type }: PackDependency): string {
  const what = version === '*' ? pack : `${pack} ${version}`;
  switch (type) {
    case 'required':
      return what;
    case 'optional':
      return `${what} (if there is one)`;
    case 'conflicts':
      return `no ${what}`;
  }
}

import { coerce, valid } from 'semver';
import { isRecord } from '@slipway/model';
import { chartName } from './layout.ts';
import type { Ledger } from './report.ts';

/** What is read of pack.json besides its parts and constraints. */
export interface PackJson {
  readonly name: string;
  readonly version: string;
  readonly layer: 'os' | 'kubernetes' | 'cni' | 'csi' | 'addon' | undefined;
  readonly metadata: Record<string, unknown>;
}

const LAYERS: Readonly<Record<string, NonNullable<PackJson['layer']>>> = {
  os: 'os',
  k8s: 'kubernetes',
  cni: 'cni',
  csi: 'csi',
  addon: 'addon',
};
export const layerOf = (layer: unknown): PackJson['layer'] =>
  typeof layer === 'string' && Object.hasOwn(LAYERS, layer) ? LAYERS[layer] : undefined;

/** Clouds that have the same name here. */
const CLOUDS = new Set(['aws', 'azure', 'gcp', 'vsphere', 'openstack', 'maas', 'local', 'metal3']);

export function readPackJson(json: Ledger): PackJson {
  const content = isRecord(json.value) ? json.value : {};
  const { name, version } = identityOf(content, json);
  const layer = layerOf(content['layer']);
  if (layer !== undefined) json.take('layer');
  else if (content['layer'] !== undefined)
    json.report(
      ['layer'],
      `there is no layer ${JSON.stringify(content['layer'])} here`,
      'Choose the type of the layer where the pack is used: os, kubernetes, cni, csi or addon.',
    );
  const clouds = cloudsOf(content, json);
  const keywords = keywordsOf(content, json);
  const endOfLife = endOfLifeOf(content, json);
  reportAnnotations(content, json);
  return {
    name,
    version,
    layer,
    metadata: {
      ...(layer === undefined ? {} : { layer }),
      ...textOf(content, 'displayName', json),
      ...textOf(content, 'description', json),
      ...(keywords.length === 0 ? {} : { keywords }),
      ...(endOfLife === undefined ? {} : { endOfLife }),
      ...(clouds.length === 0 ? {} : { constraints: { clouds } }),
    },
  };
}

function identityOf(content: Record<string, unknown>, json: Ledger): { name: string; version: string } {
  const given = typeof content['name'] === 'string' ? content['name'] : 'pack';
  const name = chartName(given);
  if (name === given) json.take('name');
  else json.report(['name'], `the pack is called "${name}" here`, 'Use this name in profiles.');
  const text = String(content['version'] ?? '');
  const version = valid(text) ?? coerce(text, { includePrerelease: true })?.version ?? '0.0.0';
  if (version === text) json.take('version');
  else
    json.report(
      ['version'],
      `${JSON.stringify(text)} is no semantic version; the pack has version ${version} here`,
      'Use this version in profiles.',
    );
  return { name, version };
}

function textOf(content: Record<string, unknown>, key: 'displayName' | 'description', json: Ledger): Record<string, string> {
  const text = content[key];
  const most = key === 'displayName' ? 200 : 2000;
  if (typeof text !== 'string') return {};
  if (text.length > most) json.report([key], `is longer than ${most} characters and was cut`, 'Shorten it.');
  else json.take(key);
  return { [key]: text.slice(0, most) };
}

/** Palette sorts packs by these; here they are words to find a pack by. */
function keywordsOf(content: Record<string, unknown>, json: Ledger): string[] {
  return ['addonType', 'addonSubType', 'group'].flatMap((key) => {
    const text = content[key];
    if (typeof text !== 'string' || text.length > 200) return [];
    json.take(key);
    return text.trim() === '' ? [] : [text.trim()];
  });
}

function cloudsOf(content: Record<string, unknown>, json: Ledger): string[] {
  const listed = Array.isArray(content['cloudTypes'])
    ? (content['cloudTypes'] as unknown[]).map((cloud, index) => ({ cloud, at: ['cloudTypes', index] as const }))
    : [];
  const clouds = content['cloudType'] === undefined ? listed : [...listed, { cloud: content['cloudType'], at: ['cloudType'] as const }];
  const all = clouds.some(({ cloud }) => cloud === 'all' || cloud === '');
  return clouds.flatMap(({ cloud, at }) => {
    if (typeof cloud !== 'string' || cloud.length > 200) return [];
    if (all || CLOUDS.has(cloud)) json.take(...at);
    else
      json.report(
        at,
        `there is no cloud ${JSON.stringify(cloud)} here; the name is kept and fits no cluster`,
        'Name the clouds that the pack works on in constraints.clouds of slipway.yaml.',
      );
    return all ? [] : [cloud];
  });
}

function endOfLifeOf(content: Record<string, unknown>, json: Ledger): string | undefined {
  const text = content['eol'];
  if (text === undefined || text === '') {
    json.take('eol');
    return undefined;
  }
  const date =
    typeof text === 'string' && /^\d{4}-\d\d-\d\d$/.test(text.trim()) && !Number.isNaN(Date.parse(text.trim())) ? text.trim() : undefined;
  if (date === undefined)
    json.report(['eol'], `${JSON.stringify(text)} is no date such as 2027-04-30`, 'Write the date as endOfLife in slipway.yaml.');
  else json.take('eol');
  return date;
}

function reportAnnotations(content: Record<string, unknown>, json: Ledger): void {
  const annotations = content['annotations'];
  if (isRecord(annotations))
    for (const key of Object.keys(annotations))
      json.report(
        ['annotations', key],
        'annotations that Palette works by have no equivalent',
        'If it sets something (an image of the operating system, a user), that belongs to the cluster or its pools here; otherwise nothing.',
      );
  const roles = content['ansibleRoles'];
  if (Array.isArray(roles))
    for (const index of roles.keys())
      json.report(
        ['ansibleRoles', index],
        'Ansible roles, which change the image of nodes, have no equivalent',
        'Build an image of the operating system that has what the role installs.',
      );
}

import type { PackSpec } from '@slipway/model';
import { inRange } from '@slipway/model/browser-profiles';

export const packTitle = ({ displayName, name }: Pick<PackSpec, 'displayName' | 'name'>): string =>
  displayName === undefined || displayName === name ? name : `${displayName} (${name})`;

/** Whether the newest release says that it works with a version of Kubernetes; one that says nothing is not refused. */
export function suitsVersion({ latest, versions }: PackSpec, kubernetes: string | undefined): boolean {
  const range = versions.find(({ version }) => version === latest)?.kubernetes;
  return range === undefined || kubernetes === undefined || inRange(kubernetes, range);
}

import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { randomSuffix } from '@slipway/kit';
import type { KubeClient, KubeObject } from '@slipway/kube';
import type { SignedPlan } from '@slipway/model';
import { FIELD_MANAGER } from '../layers/object-id.ts';

const zip = promisify(gzip);
const unzip = promisify(gunzip);
/** etcd takes 1.5 MB in one object; base64 adds a third. */
const CHUNK_BYTES = 900 * 1024;

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return DAMAGED;
  }
}

const encode = (text: string) => Buffer.from(text).toString('base64');

/** What is kept, but is no plan any more: half of it is missing, or it is damaged. */
export const DAMAGED = 'damaged';

/**
 * Where the last accepted plan is kept, so that a restarted agent enforces it while the hub is away. What comes back is verified again by its signature; what is damaged comes back as
 * `DAMAGED`, which no signature fits. It rejects only when it cannot be read now.
 */
export interface PlanStore {
  load(): Promise<unknown>;
  save(plan: SignedPlan): Promise<void>;
}

/**
 * A Secret (plans hold values of Secrets), compressed. What does not fit into one goes to further Secrets named by the plan's hash, written before the
 * first one points to them: a kill in between leaves the old plan whole.
 */
export function createSecretPlanStore(kube: KubeClient, namespace: string): PlanStore {
  const HEAD = 'slipway-plan';
  const kind = { apiVersion: 'v1', kind: 'Secret' };
  const ref = (name: string) => ({ ...kind, namespace, name });
  const partName = (hash: string, index: number) => `${HEAD}-${hash.slice(0, 12)}-${index}`;
  const write = (name: string, hash: string, data: Record<string, string>) => {
    const object: KubeObject = {
      ...kind,
      metadata: { name, namespace, labels: { 'slipway.dev/plan': hash.slice(0, 12) } },
      type: 'slipway.dev/plan',
      data,
    };
    return kube.apply(object, { fieldManager: FIELD_MANAGER, force: true });
  };
  /** Parts of older plans may be lying about: looked for after a start and after plans that had any. */
  let mayHaveParts = true;
  return {
    async load() {
      const head = await kube.get(ref(HEAD));
      if (head === undefined) return undefined;
      const text = (key: string) => Buffer.from(String(head['data']?.[key] ?? ''), 'base64').toString('utf8');
      const parts = [Buffer.from(String(head['data']?.plan ?? ''), 'base64')];
      for (let index = 1; index < Number(text('parts')); index++) {
        const part = await kube.get(ref(partName(text('hash'), index)));
        if (part === undefined) return DAMAGED;
        parts.push(Buffer.from(String(part['data']?.plan ?? ''), 'base64'));
      }
      return unzip(Buffer.concat(parts)).then(
        (unpacked) => parsed(unpacked.toString('utf8')),
        () => DAMAGED,
      );
    },
    async save(plan) {
      const packed = await zip(JSON.stringify(plan));
      const parts: Buffer[] = [];
      for (let at = 0; at < packed.length; at += CHUNK_BYTES) parts.push(packed.subarray(at, at + CHUNK_BYTES));
      for (let index = 1; index < parts.length; index++)
        await write(partName(plan.hash, index), plan.hash, { plan: parts[index]!.toString('base64') });
      await write(HEAD, plan.hash, { plan: parts[0]!.toString('base64'), parts: encode(String(parts.length)), hash: encode(plan.hash) });
      if (mayHaveParts || parts.length > 1) {
        const labelSelector = `slipway.dev/plan,slipway.dev/plan!=${plan.hash.slice(0, 12)}`;
        const old = (await kube.list(kind, { namespace, labelSelector })).filter((secret) => secret.metadata.name.startsWith(`${HEAD}-`));
        for (const secret of old) await kube.delete(ref(secret.metadata.name), { uid: secret.metadata.uid! });
      }
      mayHaveParts = parts.length > 1;
    },
  };
}

/** A file, mode 0600, written whole: for gateways, whose agent runs on the host. */
export function createFilePlanStore(path: string): PlanStore {
  return {
    async load() {
      const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return undefined;
        throw error;
      });
      return text === undefined ? undefined : parsed(text);
    },
    async save(plan) {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      const draft = `${path}.${randomSuffix()}`;
      await writeFile(draft, JSON.stringify(plan), { mode: 0o600, flush: true });
      await rename(draft, path);
    },
  };
}

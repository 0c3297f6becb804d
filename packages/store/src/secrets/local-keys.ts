import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rename, stat, unlink, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { randomSuffix, sha256Hex, SlipwayError } from '@slipway/kit';
import { z } from 'zod';
import { openBytes, sealBytes } from './aes.ts';
import type { KeyProvider } from './key-provider.ts';

const KEY_BYTES = 32;
const keyText = z.string().refine((text) => Buffer.from(text, 'base64').length === KEY_BYTES, 'must be 32 bytes as base64');
const ringSchema = z.strictObject({
  primary: z.string(),
  keys: z.array(z.strictObject({ id: z.string().regex(/^[\w.-]{1,63}$/), key: keyText, createdAt: z.string() })).min(1),
});
type Ring = z.infer<typeof ringSchema>;

/** A key is known by what it is, so that two rings cannot mean different keys by one id. */
const newKey = (): Ring['keys'][number] => {
  const key = randomBytes(KEY_BYTES);
  return { id: `k-${sha256Hex(key).slice(0, 12)}`, key: key.toString('base64'), createdAt: new Date().toISOString() };
};

/** Keys in a file of mode 0600, made at first start. Replicas on one machine may share it; a key added by one is found by the others when they need it. */
export async function fileKeys(path: string, options: { create: boolean }): Promise<KeyProvider> {
  const where = `file ${path}`;
  const read = async (): Promise<Ring | undefined> => {
    const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw new SlipwayError('Host', `The encryption keys cannot be read: ${path}: ${error.message}`, { cause: error });
    });
    if (text === undefined) return undefined;
    if (((await stat(path)).mode & 0o077) !== 0) {
      throw new SlipwayError('Host', `The encryption keys in ${path} can be read by others.`, {
        hint: `Take that away with: chmod 600 ${path}. If somebody may have read them, rotate: slipway keys rotate`,
      });
    }
    return parseRing(text, where);
  };
  let ring = await read();
  if (ring === undefined) {
    if (!options.create) throw new SlipwayError('Host', `The encryption keys are missing: ${path}.`, { hint: RESTORE });
    const first = newKey();
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const draft = `${path}.${randomSuffix(8)}`;
    await writeFile(draft, JSON.stringify({ primary: first.id, keys: [first] }, null, 2), { mode: 0o600 });
    // link() fails when another process was first: nobody's key is overwritten.
    await link(draft, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    await unlink(draft);
    ring = (await read()) as Ring;
  }
  const write = async (next: Ring) => {
    const draft = `${path}.${randomSuffix(8)}`;
    await writeFile(draft, JSON.stringify(next, null, 2), { mode: 0o600 });
    await rename(draft, path);
    ring = next;
  };
  return ringProvider(where, () => ring as Ring, {
    async reload() {
      ring = (await read()) ?? ring;
    },
    async addKey() {
      const added = newKey();
      const before = (await read()) ?? (ring as Ring);
      await write({ primary: added.id, keys: [...before.keys, added] });
      return added.id;
    },
    async removeKey(id) {
      const before = (await read()) ?? (ring as Ring);
      if (before.primary === id) throw new SlipwayError('Conflict', `Key ${id} is the one new secrets are encrypted with.`);
      await write({ ...before, keys: before.keys.filter((key) => key.id !== id) });
    },
  });
}

/**
 * Keys from the environment: `id:base64[,id:base64…]`, the first is the primary. Rotation without downtime: put the new key behind the old one and restart the
 * replicas one by one, then put it first and restart again, then `slipway keys rewrap`.
 */
export function environmentKeys(text: string): KeyProvider {
  const where = 'SLIPWAY_ENCRYPTION_KEYS';
  const keys = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => {
      const [id = '', key = ''] = part.split(/:(.*)/s);
      return { id, key, createdAt: '' };
    });
  const ring = parseRing(JSON.stringify({ primary: keys[0]?.id ?? '', keys }), where);
  return ringProvider(where, () => ring, { reload: async () => undefined });
}

const RESTORE = 'Restore it from a backup: secrets that were encrypted with it can be read with nothing else.';

function parseRing(text: string, where: string): Ring {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    throw new SlipwayError('Host', `The encryption keys of ${where} are not valid JSON.`, { hint: RESTORE });
  }
  const parsed = ringSchema.safeParse(raw);
  const problem = parsed.success
    ? parsed.data.keys.some((key) => key.id === parsed.data.primary)
      ? undefined
      : `there is no key "${parsed.data.primary}", which is the primary`
    : // Zod tells the place and the rule, never the key.
      parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
  if (problem === undefined && parsed.success) return parsed.data;
  throw new SlipwayError('Host', `The encryption keys of ${where} are not usable: ${problem}.`, { hint: RESTORE });
}

function ringProvider(
  where: string,
  ring: () => Ring,
  changes: Pick<KeyProvider, 'reload'> & Partial<Pick<KeyProvider, 'addKey' | 'removeKey'>>,
): KeyProvider {
  const keyOf = (id: string): Buffer => {
    const found = ring().keys.find((key) => key.id === id);
    if (found !== undefined) return Buffer.from(found.key, 'base64');
    throw new SlipwayError('Host', `Encryption key ${id} is missing from ${where}.`, { hint: RESTORE });
  };
  return {
    where,
    ...changes,
    keyIds: async () => ring().keys.map((key) => key.id),
    primary: async () => ring().primary,
    async wrap(dataKey, context) {
      const keyId = ring().primary;
      return { keyId, wrapped: sealBytes(keyOf(keyId), dataKey, context) };
    },
    async unwrap({ keyId, wrapped }, context) {
      const key = keyOf(keyId);
      try {
        return openBytes(key, wrapped, context);
      } catch (cause) {
        throw new SlipwayError('Host', `Encryption key ${keyId} of ${where} is not the one this was encrypted with.`, {
          hint: RESTORE,
          cause,
        });
      }
    },
  };
}

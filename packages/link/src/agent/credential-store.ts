import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { randomSuffix, SlipwayError } from '@slipway/kit';
import { z } from 'zod';

const proposalSchema = z.object({ credential: z.string(), tokenHash: z.string() });

/** What an agent remembers of itself. Secret: it holds the credential. */
export const agentIdentitySchema = z.object({
  /** The credential that the hub accepted, whom it stands for, and the key that signs plans. */
  joined: z
    .object({
      credential: z.string(),
      /** hex sha256 of the join token it was got with: only another token is worth a second join. */
      tokenHash: z.string(),
      subject: z.object({ kind: z.enum(['cluster', 'gateway']), uid: z.string(), name: z.string(), project: z.string().optional() }),
      planKey: z.object({ id: z.string(), pem: z.string() }),
      /** When the credential was got, milliseconds since the epoch. */
      since: z.number().optional(),
      /** The ones before, newest first: a hub restored from a backup may know no newer. */
      previous: z.array(z.string()).optional(),
    })
    .optional(),
  /** The credential that is to replace it: the hub may know it already. */
  next: z.string().optional(),
  /** A credential proposed with a token; the hub's answer may have been lost, so it is proposed again. */
  proposed: proposalSchema.optional(),
});
export type AgentIdentity = z.infer<typeof agentIdentitySchema>;

/** Where an agent keeps its identity: a file for gateways and hosts, a Secret in a cluster. `save` returns only when it is durable. */
export interface CredentialStore {
  load(): Promise<AgentIdentity | undefined>;
  save(identity: AgentIdentity): Promise<void>;
}

/** Reads what a CredentialStore kept as JSON text. */
export function parseAgentIdentity(text: string, where: string): AgentIdentity {
  try {
    return agentIdentitySchema.parse(JSON.parse(text));
  } catch (error) {
    throw new SlipwayError('Internal', `The agent's identity in ${where} is broken.`, {
      hint: 'Restore it, or remove it and give the agent a new join token.',
      cause: error,
    });
  }
}

/** A file, mode 0600, written whole and synced. */
export function createFileCredentialStore(path: string): CredentialStore {
  return {
    load: async () => {
      const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return undefined;
        throw error;
      });
      return text === undefined ? undefined : parseAgentIdentity(text, path);
    },
    save: async (identity) => {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      const draft = `${path}.${randomSuffix(8)}`;
      const file = await open(draft, 'wx', 0o600);
      try {
        await file.writeFile(JSON.stringify(identity));
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(draft, path);
    },
  };
}

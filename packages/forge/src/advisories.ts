import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '@slipway/kit';
import { z } from 'zod';

/** A known weakness that is accepted for a while, and why. */
export const exceptionsSchema = z.array(
  z.strictObject({
    /** `GHSA-…` */
    id: z.string().regex(/^GHSA(-[0-9a-z]{4}){3}$/),
    reason: z.string().min(20),
    /** From this day on it counts again. */
    expires: z.iso.date(),
  }),
);
export type AdvisoryException = z.infer<typeof exceptionsSchema>[number];

const viaSchema = z.union([z.string(), z.object({ url: z.string().default(''), title: z.string().default(''), severity: z.string() })]);
const reportSchema = z.object({
  vulnerabilities: z.record(z.string(), z.object({ severity: z.string(), via: z.array(viaSchema) })),
});

export type AuditOutcome =
  | { readonly state: 'asked'; readonly bad: readonly string[]; readonly excused: readonly string[] }
  /** There is no answer to judge by: no network, or a mirror that answers no such questions. */
  | { readonly state: 'not asked'; readonly why: string };

const GRAVE = new Set(['high', 'critical']);

/** Judges what `npm audit --json` printed. */
export function judgeAudit(output: string, exceptions: readonly AdvisoryException[], today: string): AuditOutcome {
  const report = reportSchema.safeParse(parsed(output));
  if (!report.success) return { state: 'not asked', why: whyNot(output) };
  const bad = new Set<string>();
  const excused = new Set<string>();
  for (const [name, { via }] of Object.entries(report.data.vulnerabilities)) {
    for (const advisory of via) {
      // A text names another entry of the report, which has the advisory itself.
      if (typeof advisory === 'string' || !GRAVE.has(advisory.severity)) continue;
      const id = /GHSA(-[0-9a-z]{4}){3}/.exec(advisory.url)?.[0] ?? advisory.url;
      const exception = exceptions.find((one) => one.id === id);
      if (exception && exception.expires > today) excused.add(`${name}: ${id} until ${exception.expires}: ${exception.reason}`);
      else
        bad.add(
          `${name}: ${id} (${advisory.severity}) ${advisory.title}${exception ? `; its exception ended on ${exception.expires}` : ''}`,
        );
    }
  }
  return { state: 'asked', bad: [...bad].toSorted(), excused: [...excused].toSorted() };
}

function whyNot(output: string): string {
  const error = z.object({ message: z.string().optional(), error: z.object({ summary: z.string() }).optional() }).safeParse(parsed(output));
  const told = error.success ? (error.data.message ?? error.data.error?.summary) : undefined;
  return told?.split('\n')[0]?.slice(0, 200) || 'npm gave no report';
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The weaknesses that are accepted: `audit-exceptions.json`. */
export async function readExceptions(repoRoot: string): Promise<AdvisoryException[]> {
  try {
    return exceptionsSchema.parse(JSON.parse(await readFile(join(repoRoot, 'audit-exceptions.json'), 'utf8')));
  } catch (error) {
    throw new Error(`audit-exceptions.json cannot be used: ${messageOf(error)}`, { cause: error });
  }
}

/** Some thousands of agents in one process, each with the link's own agent: it joins with a token, keeps its WebSocket, pulls when told, and checks the signature. It applies nothing. */
import { createInterface } from 'node:readline';
import { silentLogger, sleep } from '@slipway/kit';
import { type AgentLink, createAgentLink, type CredentialStore } from '@slipway/link';

interface Job {
  readonly url: string;
  readonly ca: string;
  readonly tokens: readonly string[];
}

/** Agents that join at a time. */
const JOINING = 50;

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const next = async (): Promise<string> => String((await lines.next()).value ?? 'stop');
const say = (answer: object): void => void process.stdout.write(`${JSON.stringify(answer)}\n`);

function inMemory(): CredentialStore {
  let kept: Awaited<ReturnType<CredentialStore['load']>>;
  return { load: async () => kept, save: async (next) => void (kept = next) } as CredentialStore;
}

const { url, ca, tokens } = JSON.parse(await next()) as Job;
const stopping = new AbortController();
const running: Promise<void>[] = [];
/** When each agent held, checked, the newest plan that it was told of. */
const pulled: number[] = [];
let refused = 0;
let retried = 0;

async function pull(link: AgentLink, index: number): Promise<void> {
  try {
    const answer = await link.pullPlan(stopping.signal);
    if (answer.state !== 'new') return;
    if (!answer.verified.ok) {
      refused += 1;
      return;
    }
    link.setPlan({ revision: answer.verified.plan.revision, hash: answer.verified.signed.hash });
    pulled[index] = Date.now();
  } catch {
    if (stopping.signal.aborted) return;
    retried += 1;
    await sleep(200 + Math.random() * 800, stopping.signal).catch(() => undefined);
    await pull(link, index);
  }
}

async function join(index: number): Promise<void> {
  const link = createAgentLink({
    hubUrl: url,
    ca,
    credentials: inMemory(),
    joinToken: () => Promise.resolve(tokens[index]),
    version: '0.0.0-bench',
    logger: silentLogger,
    retry: { baseMs: 200, maxMs: 5000 },
  });
  link.onPlanAvailable(() => void pull(link, index));
  running.push(link.start(stopping.signal));
  await new Promise<void>((resolve) => link.onConnected(resolve));
  await pull(link, index);
}

let at = 0;
await Promise.all(
  Array.from({ length: JOINING }, async () => {
    while (at < tokens.length) await join(at++);
  }),
);
say({ joined: pulled.filter(Boolean).length, rss: process.memoryUsage().rss });
for (let line = await next(); line !== 'stop'; line = await next()) {
  const { since, patienceMs } = JSON.parse(line) as { since: number; patienceMs: number };
  const until = Date.now() + patienceMs;
  while (Date.now() < until && pulled.some((moment) => moment < since)) await sleep(20, stopping.signal);
  say({
    latencies: pulled.filter((moment) => moment >= since).map((moment) => moment - since),
    refused,
    retried,
    rss: process.memoryUsage().rss,
  });
}
stopping.abort();
await Promise.race([Promise.all(running), sleep(5000)]);
say({});
process.exit(0);

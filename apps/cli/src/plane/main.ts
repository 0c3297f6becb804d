import { planePaths } from './paths.ts';
import { createSupervisor } from './supervisor.ts';

// The supervisor process: SLIPWAY_HOME says which instance. SIGTERM stops everything in order, SIGHUP reads plane.json again.
const stop = new AbortController();
const say = (message: string) =>
  void process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), name: 'plane', msg: message })}\n`);
const supervisor = createSupervisor(planePaths(process.env), say);
process.on('SIGTERM', () => stop.abort());
process.on('SIGINT', () => stop.abort());
process.on('SIGHUP', () => void supervisor.reload());
await supervisor.run(stop.signal);

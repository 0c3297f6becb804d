export * from './controller.ts';
export * from './events.ts';
export * from './leases.ts';
export * from './queue.ts';
export * from './sources.ts';
export * from './step.ts';
export * from './timers.ts';

export { FORCE_DELETE } from './cluster/delete.ts';
export { createControllers, type Controllers } from './create-controllers.ts';
export { SHIPPED_IMAGE_TAGS, type ControllersOptions } from './deps.ts';
export type { Candidate } from './candidates.ts';
export type { PlanForInput } from './plan-for.ts';
export { tenantStore } from './tenant-deps.ts';

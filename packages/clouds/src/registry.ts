import type { Cloud } from './contract/cloud.ts';
import { localCloud } from './local/render.ts';

/** Every cloud by name. Adding one is a folder and a line here. */
export const clouds: Readonly<Record<string, Cloud>> = { local: localCloud };

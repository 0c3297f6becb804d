/** Parts of a layer that are looked at, one at a time. */
export const LAYER_PANELS = ['settings', 'form', 'yaml', 'readme', 'used'] as const;
export type LayerPanelName = (typeof LAYER_PANELS)[number];

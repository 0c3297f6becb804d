/** What a layer is for, in the order in which layers are installed. */
export const LAYER_TYPES = ['os', 'kubernetes', 'cni', 'csi', 'addon'] as const;

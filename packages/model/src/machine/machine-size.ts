import { z } from 'zod';

export const machineSizeSchema = z.strictObject({
  /** Cores; fractions are allowed. */
  cpu: z.number().positive().max(512).optional(),
  /** MiB. */
  memoryMiB: z.number().int().min(512).max(1_048_576).optional(),
});
export type MachineSize = z.infer<typeof machineSizeSchema>;

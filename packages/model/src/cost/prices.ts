import { z } from 'zod';

const amount = z
  .string()
  .regex(/^\d{1,7}(\.\d{1,6})?$/, 'must be a decimal number such as 0.0125, with at most six digits after the point');

/** What machines of an account cost, as its administrators declare it; Slipway asks no cloud. At least one of the three. */
export const pricesSchema = z
  .strictObject({
    currency: z.string().regex(/^[A-Z]{3}$/, 'must be a currency of ISO 4217 such as EUR'),
    /** Of every machine, whatever its size. */
    machineHour: amount.optional(),
    coreHour: amount.optional(),
    memoryGiBHour: amount.optional(),
  })
  .refine(({ machineHour, coreHour, memoryGiBHour }) => [machineHour, coreHour, memoryGiBHour].some((one) => one !== undefined), {
    message: 'must have at least one of machineHour, coreHour and memoryGiBHour',
  });

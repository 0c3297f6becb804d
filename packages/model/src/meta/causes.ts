import { SlipwayError, type FieldCause } from '@slipway/kit/errors';

export const invalidField = (field: string, message: string): FieldCause => ({ field, message, reason: 'FieldValueInvalid' });
export const requiredField = (field: string, message: string): FieldCause => ({ field, message, reason: 'FieldValueRequired' });
export const forbiddenField = (field: string, message: string): FieldCause => ({ field, message, reason: 'FieldValueForbidden' });
export const duplicateField = (field: string, message: string): FieldCause => ({ field, message, reason: 'FieldValueDuplicate' });
export const unsupportedField = (field: string, message: string): FieldCause => ({ field, message, reason: 'FieldValueNotSupported' });

/** `a, b, c` or "none": for sentences that say what would be right. */
export const listOf = (names: readonly string[]): string => (names.length === 0 ? 'none' : names.join(', '));

/** Throws `Invalid` that names every cause; does nothing without causes. */
export function refuseIf(what: string, causes: readonly FieldCause[]): void {
  if (causes.length === 0) return;
  const text = causes.map((cause) => `${cause.field}: ${cause.message}`).join('; ');
  throw new SlipwayError('Invalid', `${what} is invalid: ${text}`, { causes, retryable: false });
}

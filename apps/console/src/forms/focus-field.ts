/** Where a form says what is wrong: at a control, or where a field is no control, at the words themselves. */
const WRONG = "[data-field][aria-invalid='true'], p[data-field]";

/** Goes to what is wrong first; false when the form has no place for it. */
export const focusFirstWrong = (form: HTMLElement | null): boolean => focus(form?.querySelector<HTMLElement>(WRONG));

/** Goes to a field by the name that the hub has for it. */
export const focusField = (form: HTMLElement | null, field: string): boolean =>
  focus(form?.querySelector<HTMLElement>(`[data-field=${JSON.stringify(field)}]`));

function focus(element: HTMLElement | null | undefined): boolean {
  if (element === null || element === undefined) return false;
  // What is folded away cannot be gone to.
  for (let around = element.closest('details'); around !== null; around = around.parentElement?.closest('details') ?? null)
    around.open = true;
  element.focus();
  return true;
}

import { useEffect } from 'react';

/** What on this page somebody has written and not saved: each form says for itself. */
const forms = new Set<() => boolean>();

export const somethingIsUnsaved = (): boolean => [...forms].some((unsaved) => unsaved());

export function useUnsaved(unsaved: () => boolean): void {
  useEffect(() => {
    forms.add(unsaved);
    return () => void forms.delete(unsaved);
  }, [unsaved]);
}

import type { KindAddress } from '@slipway/api/browser';
import { Menu } from '@slipway/ui';
import { Copy } from 'lucide-react';
import { copyAllAs, type CopyForm, COPY_WORDS } from './copy-as.ts';

/** The same change for other hands. */
export function CopyMenu({ objects }: { readonly objects: readonly { readonly kind: KindAddress; readonly text: string }[] }) {
  const forms = Object.keys(COPY_WORDS) as CopyForm[];
  return (
    <Menu
      label="Copy as"
      button={
        <>
          <Copy size={14} aria-hidden />
          Copy as
        </>
      }
    >
      {(close) =>
        forms.map((form) => (
          <button
            key={form}
            type="button"
            className="menu-item"
            onClick={() => {
              void navigator.clipboard.writeText(copyAllAs(form, objects));
              close();
            }}
          >
            {COPY_WORDS[form]}
          </button>
        ))
      }
    </Menu>
  );
}

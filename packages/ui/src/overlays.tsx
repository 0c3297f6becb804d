import { type ReactNode, useEffect, useId, useRef, useState } from 'react';

/** A modal dialog: the browser's own, which keeps the focus inside, closes with Escape and gives the focus back. */
export function Dialog(props: {
  readonly title: string;
  readonly hideTitle?: boolean;
  readonly atTop?: boolean;
  readonly onClose: () => void;
  readonly children: ReactNode;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const title = useId();
  useEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      className={`dialog ${props.atTop ? 'dialog-top' : ''}`}
      aria-labelledby={title}
      onCancel={props.onClose}
      onClose={props.onClose}
      onClick={(event) => event.target === dialog.current && props.onClose()}
    >
      <h2 id={title} className={props.hideTitle ? 'visually-hidden' : 'panel-head'}>
        {props.title}
      </h2>
      {props.children}
    </dialog>
  );
}

/** A button with a popover below it: the browser's own, which closes with Escape and a click elsewhere. */
export function Menu(props: {
  readonly label: string;
  readonly button: ReactNode;
  readonly className?: string;
  /** What is asked for only while it is open goes by the second. */
  readonly children: (close: () => void, open: boolean) => ReactNode;
}) {
  const [open, setOpen] = useState(false);
  const id = useId();
  const button = useRef<HTMLButtonElement>(null);
  const popover = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = popover.current;
    const place = (event?: Event) => {
      if (event instanceof ToggleEvent) setOpen(event.newState === 'open');
      const anchor = button.current?.getBoundingClientRect();
      if (element === null || anchor === undefined) return;
      element.style.top = `${anchor.bottom + 4}px`;
      const left = Math.min(anchor.left, document.documentElement.clientWidth - element.offsetWidth - 8);
      element.style.left = `${Math.max(8, left)}px`;
    };
    element?.addEventListener('toggle', place);
    return () => element?.removeEventListener('toggle', place);
  }, []);
  return (
    <>
      <button ref={button} type="button" className={props.className ?? 'button'} aria-label={props.label} popoverTarget={id}>
        {props.button}
      </button>
      <div ref={popover} id={id} popover="auto" className="menu" aria-label={props.label} role="group">
        {props.children(() => popover.current?.hidePopover(), open)}
      </div>
    </>
  );
}

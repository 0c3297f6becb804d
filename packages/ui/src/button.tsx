import type { ButtonHTMLAttributes } from 'react';

type Look = 'normal' | 'primary' | 'danger' | 'plain' | 'icon';

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly look?: Look;
  /** Why it cannot be pressed: said on hover and to screen readers, and the button stays in the order of the keyboard. */
  readonly because?: string | undefined;
}

const CLASSES: Readonly<Record<Look, string>> = {
  normal: 'button',
  primary: 'button button-primary',
  danger: 'button button-danger',
  plain: 'button button-plain',
  icon: 'button button-plain button-icon',
};

/** The class of something that looks like a button and is a link. */
export const buttonClass = (look: Look = 'normal'): string => CLASSES[look];

export function Button({ look = 'normal', because, className = '', onClick, ...rest }: ButtonProps) {
  const refused = because === undefined ? {} : { 'aria-disabled': true as const, title: because };
  return (
    <button
      type="button"
      className={`${CLASSES[look]} ${className}`}
      onClick={because === undefined ? onClick : undefined}
      {...refused}
      {...rest}
    />
  );
}

export { Ago, agoText } from './age.tsx';
export { Button, buttonClass, type ButtonProps } from './button.tsx';
export { Dialog, Menu } from './overlays.tsx';
export { Empty, Notice, Panel, Skeleton, Status, type Tone } from './panels.tsx';

export { Ago, agoText, localTimes } from './age.tsx';
export { Button, buttonClass, type ButtonProps } from './button.tsx';
export { Dialog, Menu } from './overlays.tsx';
export { Empty, Notice, Panel, Skeleton, Status, type Tone } from './panels.tsx';
export { Tabs } from './tabs.tsx';

import '@slipway/ui/styles.css';
import './console.css';
import { createRoot } from 'react-dom/client';
import { Start } from './start.tsx';

const root = document.getElementById('root');
if (root !== null) createRoot(root).render(<Start />);

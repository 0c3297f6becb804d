// Exit 0 when node_modules holds what package-lock.json asks for (npm's own record against the lock). Plain JavaScript without imports from
// node_modules, because it runs when those may be half there.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = process.argv[2];
const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
const present = JSON.parse(readFileSync(join(root, 'node_modules/.package-lock.json'), 'utf8')).packages;

const missing = Object.entries(wanted).filter(([path, entry]) => {
  if (!path.startsWith('node_modules/') && !path.includes('/node_modules/')) return false;
  if (entry.link) return !existsSync(join(root, path));
  const have = present[path];
  if (have === undefined) return !(entry.optional || entry.devOptional || entry.peer);
  return have.version !== entry.version || !existsSync(join(root, path, 'package.json'));
});
process.exit(missing.length === 0 ? 0 : 1);

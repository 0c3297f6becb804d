import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Test files that run on every database engine there is: those that ask the testkit for its engines. */
export async function filesUsingDatabases(root: string): Promise<string[]> {
  const files: string[] = [];
  for await (const file of glob(['packages/*/src/**/*.test.ts', 'apps/*/src/**/*.test.ts', 'bench/**/*.test.ts'], { cwd: root })) {
    if ((await readFile(join(root, file), 'utf8')).includes('testEngines')) files.push(file);
  }
  return files.toSorted();
}

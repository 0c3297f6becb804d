import { readFile } from 'node:fs/promises';
import { run } from './programs.ts';

/** Mount points of this namespace at or below a directory, in the order they were made. */
export async function mountsBelow(directory: string): Promise<string[]> {
  return mountPoints(await readFile('/proc/self/mountinfo', 'utf8')).filter(
    (point) => point === directory || point.startsWith(`${directory}/`),
  );
}

/** Pure: mount points in the text of a mountinfo file; the kernel writes blanks and backslashes as octal. */
export function mountPoints(mountinfo: string): string[] {
  return mountinfo
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter(Boolean)
    .map((point) => point.replaceAll(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8))));
}

/** Unmounts everything at and below a directory, the latest first; detaches what is busy. */
export async function unmountBelow(directory: string): Promise<void> {
  for (let round = 0; round < 5; round++) {
    const points = (await mountsBelow(directory)).toReversed();
    if (points.length === 0) return;
    for (const point of points) await run('umount', ['--lazy', point], { allow: [1, 32] });
  }
}

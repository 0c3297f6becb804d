import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import type { CliDeps } from '../command.ts';
import { UsageError } from '../exit.ts';
import { openSession, withHubOptions, type HubOptions } from '../hub/session.ts';

export function register(program: Command, deps: CliDeps): void {
  withHubOptions(program.command('edit'))
    .description('Edit an object in $EDITOR and store it. A refused edit is kept in a file, so nothing you wrote is lost.')
    .argument('<noun>')
    .argument('[name]')
    .addHelpText('after', `\nExamples:\n  ${deps.self} edit cluster dev\n  EDITOR='code --wait' ${deps.self} edit clusterprofile web`)
    .action(async (noun: string, name: string | undefined, options: HubOptions) => {
      const [{ parseTargets }, { toYaml }, { locateCauses, parseManifests }, { checkManifests }, { SlipwayError }] = await Promise.all([
        import('../hub/nouns.ts'),
        import('../output/format.ts'),
        import('../manifest/read.ts'),
        import('../manifest/check.ts'),
        import('@slipway/kit'),
      ]);
      const { kind, names } = parseTargets(noun, name ? [name] : []);
      const wanted = names[0];
      if (wanted === undefined) throw new UsageError(`say which ${kind.singular}`);
      const editor = deps.env['SLIPWAY_EDITOR'] ?? deps.env['VISUAL'] ?? deps.env['EDITOR'] ?? 'vi';
      const { hub, project } = await openSession(deps, options);
      const { status: _status, ...live } = await hub.get(kind, wanted, project);
      const { name: ownName, namespace, labels, annotations, resourceVersion } = live.metadata;
      const before = toYaml({ ...live, metadata: { name: ownName, namespace, labels, annotations, resourceVersion } });
      const folder = await mkdtemp(join(tmpdir(), 'slipway-edit-'));
      const file = join(folder, `${kind.singular}-${wanted}.yaml`);
      await writeFile(file, before, { mode: 0o600 });
      await runEditor(editor, file);
      const after = await readFile(file, 'utf8');
      if (after === before) {
        await rm(folder, { recursive: true });
        return deps.io.say('Nothing was edited.');
      }
      try {
        const manifests = parseManifests(after, file);
        checkManifests(manifests);
        const [edited] = manifests;
        if (!edited || manifests.length > 1 || edited.object.kind !== kind.kind || edited.object.metadata.name !== wanted)
          throw new UsageError('an edit cannot change kind or name, or add objects');
        // A whole replacement, so that a removed line is removed; the resourceVersion in the file refuses it when somebody was quicker.
        const metadata = Object.assign({}, live.metadata, edited.object.metadata);
        await hub.update(kind, { ...live, metadata, spec: edited.object.spec }, project).catch((error: unknown) => {
          throw error instanceof SlipwayError ? locateCauses(error, edited) : error;
        });
        deps.io.data(`${kind.singular}/${wanted} updated`);
      } catch (error) {
        deps.io.say(`Your edit is kept in ${file}`);
        throw error;
      }
      await rm(folder, { recursive: true });
    });
}

function runEditor(editor: string, file: string): Promise<void> {
  return new Promise((resolve, reject) => {
    // $EDITOR may hold arguments ("code --wait"), so a shell splits it; the file is passed as an argument, never pasted in.
    const child = spawn('/bin/sh', ['-c', `${editor} "$1"`, 'sh', file], { stdio: 'inherit' });
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0 ? resolve() : reject(new UsageError(`the editor "${editor}" ended with code ${code}: nothing was changed`)),
    );
  });
}

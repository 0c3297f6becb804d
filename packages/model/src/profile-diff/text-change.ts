import { applyYaml } from '../yaml-diff/apply-edits.ts';
import { diffYaml, type YamlEdit } from '../yaml-diff/edits.ts';
import { readYamlTree, renderYamlTree } from '../yaml-diff/tree.ts';

/** How one YAML text becomes another. */
export interface TextChange {
  /** What changes in it; absent where a text cannot be read as one YAML document, or holds anchors. */
  readonly edits?: readonly YamlEdit[];
  /** The second text, where the edits alone do not make it to the letter: white space, or no edits. */
  readonly text?: string;
}

/** Undefined for the same text. */
export function textChange(from: string, to: string): TextChange | undefined {
  if (from === to) return undefined;
  const [before, after] = [readYamlTree(from), readYamlTree(to)];
  if (before === undefined || after === undefined) return { text: to };
  const edits = diffYaml(before, after);
  return renderYamlTree(after) === to ? { edits } : { edits, text: to };
}

export function applyTextChange(from: string, { edits = [], text }: TextChange): string {
  if (text !== undefined || edits.length === 0) return text ?? from;
  const tree = readYamlTree(from);
  return tree === undefined ? from : renderYamlTree(applyYaml(tree, edits));
}

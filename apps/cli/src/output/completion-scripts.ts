/** Apart from what answers them: a shell asks for these at every start, and needs nothing of the model. */
const bash = `_slipway() {
  local IFS=$'\\n'
  COMPREPLY=($(compgen -W "$("\${COMP_WORDS[0]}" completion words -- "\${COMP_WORDS[@]:1:COMP_CWORD-1}" 2>/dev/null)" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _slipway slipway ./slipway`;

const scripts: Record<string, string> = {
  bash,
  zsh: `autoload -U +X bashcompinit && bashcompinit\n${bash}`,
  fish: `complete -c slipway -f -a '(slipway completion words -- (commandline -opc)[2..-1] 2>/dev/null)'`,
};

export const completionScript = (shell: string): string | undefined => scripts[shell];

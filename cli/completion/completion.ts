import { defineCommand, UsageError } from "../frame/command.ts";
import { didYouMean } from "../../src/suggest.ts";
import { print } from "../terminal/output.ts";

const shells = ["bash", "zsh", "fish"];

/**
 * The library's script asks a function of the package bash-completion for the words, which is often not installed. This one
 * does without what that is there for, flags with `=`.
 */
const BASH_WORDS = `if ! declare -F _get_comp_words_by_ref >/dev/null; then
    _get_comp_words_by_ref() {
        words=("\${COMP_WORDS[@]}") cword=$COMP_CWORD cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]}
    }
fi
`;

export const completionCommand = defineCommand({
  name: "completion",
  description:
    "Prints a script by which a shell completes commands, flags and paths when you press Tab.\nIt asks the hotswap on your PATH: install it with `bun add --global`, or put node_modules/.bin of a project there.",
  usage: "(bash | zsh | fish)",
  flags: {},
  choices: shells,
  examples: [
    { purpose: "bash, in ~/.bashrc", line: `eval "$(hotswap completion bash)"` },
    { purpose: "zsh, in ~/.zshrc, after compinit", line: `eval "$(hotswap completion zsh)"` },
    { purpose: "fish, in ~/.config/fish/config.fish", line: "hotswap completion fish | source" },
  ],
  async run({ operands }) {
    const [shell, ...others] = operands;
    if (shell === undefined || others.length > 0) throw new UsageError("give one shell: bash, zsh or fish");
    if (!shells.includes(shell)) {
      throw new UsageError(`there is no completion for ${shell}${didYouMean(shell, shells)}: give bash, zsh or fish`);
    }
    const { script } = await import("@bomb.sh/tab");
    if (shell === "bash") await print(BASH_WORDS);
    script(shell, "hotswap", "hotswap");
    return 0;
  },
});

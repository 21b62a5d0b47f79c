import { expect, it } from "vitest";
import { type CompletedCommand, type CompletedOption, completionScript, shells } from "./completion.js";

const help: CompletedOption = { flags: ["-h", "--help"], summary: "what it's for", takesValue: false, values: [] };
const color: CompletedOption = {
  flags: ["--color"],
  summary: "when to colour",
  takesValue: true,
  values: ["auto", "never"],
};
const commands: readonly CompletedCommand[] = [
  {
    name: "bench",
    summary: "count [all]: exact",
    arguments: [],
    options: [
      help,
      { flags: ["-s", "--strategy"], summary: "which\\ones", takesValue: true, values: ["a", "b"] },
      { flags: ["--json"], summary: "a file", takesValue: true, values: [] },
    ],
  },
  { name: "list", summary: "what there is", arguments: ["mmus", "cases"], options: [] },
];

it("knows three shells", () => {
  expect(shells).toEqual(["bash", "zsh", "fish"]);
});

it("completes commands, options, their values and arguments in bash", () => {
  expect(
    completionScript("bash", commands, [help, color]),
  ).toBe(`# Completion of s2split for bash, made by: s2split completion bash
_s2split_list() {
  # The last of a comma-separated list.
  local done=""
  [[ "$current" == *,* ]] && done="\${current%,*},"
  COMPREPLY=($(compgen -P "$done" -W "$1" -- "\${current##*,}"))
}
_s2split() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" command="" word
  COMPREPLY=()
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in bench|list) command="$word"; break ;; esac
  done
  case "$command" in
    "")
      case "$previous" in
        --color) _s2split_list 'auto never'; return ;;
      esac
      COMPREPLY=($(compgen -W 'bench list -h --help --color' -- "$current"))
      ;;
    bench)
      case "$previous" in
        -s|--strategy) _s2split_list 'a b'; return ;;
        --json) COMPREPLY=(); return ;;
      esac
      if [[ "$current" == -* ]]; then
        COMPREPLY=($(compgen -W '-h --help -s --strategy --json' -- "$current"))
      fi
      ;;
    list)
      case "$previous" in
      esac
      if [[ "$current" == -* ]]; then
        COMPREPLY=($(compgen -W '' -- "$current"))
      else
        COMPREPLY=($(compgen -W 'mmus cases' -- "$current"))
      fi
      ;;
  esac
}
complete -o default -F _s2split s2split
`);
});

it("completes commands, options, their values and arguments in zsh", () => {
  expect(completionScript("zsh", commands, [help, color])).toBe(`#compdef s2split
# Completion of s2split for zsh, made by: s2split completion zsh
_s2split() {
  local state line
  local -a commands=(
    'bench:count \\[all\\]\\: exact'
    'list:what there is'
  )
  _arguments -C \\
    '(-h --help)'{-h,--help}'[what it'\\''s for]' \\
    --color'[when to colour]:value:_values -s , value auto never' \\
    '1:command:->command' '*::argument:->rest'
  case "$state" in
    command) _describe command commands ;;
    rest)
      case "$line[1]" in
      bench)
        _arguments \\
          '(-h --help)'{-h,--help}'[what it'\\''s for]' \\
          '(-s --strategy)'{-s,--strategy}'[which\\\\ones]:value:_values -s , value a b' \\
          --json'[a file]:value:_files' \\
          '*:file:_files' ;;
      list)
        _arguments \\
          '*:argument:(mmus cases)' ;;
      esac ;;
  esac
}
compdef _s2split s2split
`);
});

it("completes commands, options, their values and arguments in fish", () => {
  expect(
    completionScript("fish", commands, [help, color]),
  ).toBe(`# Completion of s2split for fish, made by: s2split completion fish
complete -c s2split -n __fish_use_subcommand -f -a bench -d 'count [all]: exact'
complete -c s2split -n __fish_use_subcommand -f -a list -d 'what there is'
complete -c s2split -n __fish_use_subcommand -s h -l help -d 'what it\\'s for'
complete -c s2split -n __fish_use_subcommand -l color -x -a 'auto never' -d 'when to colour'
complete -c s2split -n '__fish_seen_subcommand_from bench' -s h -l help -d 'what it\\'s for'
complete -c s2split -n '__fish_seen_subcommand_from bench' -s s -l strategy -x -a 'a b' -d 'which\\\\ones'
complete -c s2split -n '__fish_seen_subcommand_from bench' -l json -r -d 'a file'
complete -c s2split -n '__fish_seen_subcommand_from list' -f -a 'mmus cases'
`);
});

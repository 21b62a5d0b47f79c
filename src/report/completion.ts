/** A command as completion sees it. */
export interface CompletedCommand {
  readonly name: string;
  readonly summary: string;
  /** What its arguments can be; empty: files. */
  readonly arguments: readonly string[];
  readonly options: readonly CompletedOption[];
}

export interface CompletedOption {
  /** `-s`, `--backing`. */
  readonly flags: readonly string[];
  readonly summary: string;
  readonly takesValue: boolean;
  /** What its value can be, alone or in a comma-separated list; empty: files. */
  readonly values: readonly string[];
}

type Script = (commands: readonly CompletedCommand[], everywhere: readonly CompletedOption[]) => string;

const SCRIPTS = { bash, zsh, fish } satisfies Record<string, Script>;

export type Shell = keyof typeof SCRIPTS;

export const shells: readonly string[] = Object.keys(SCRIPTS);

/**
 * The completion script of s2split for one of {@link shells}.
 *
 * @param everywhere options that may also stand before the command; each command's options have
 *   them too
 */
export function completionScript(
  shell: Shell,
  commands: readonly CompletedCommand[],
  everywhere: readonly CompletedOption[],
): string {
  return SCRIPTS[shell](commands, everywhere);
}

const flagsOf = (options: readonly CompletedOption[]): string[] => options.flatMap(({ flags }) => flags);

/** What bash offers after an option that takes a value. */
function bashValues(options: readonly CompletedOption[]): string[] {
  const values = options
    .filter((option) => option.takesValue)
    .map((option) => {
      const words = option.values.length > 0 ? `_s2split_list ${quoted(option.values)}` : "COMPREPLY=()";
      return `        ${option.flags.join("|")}) ${words}; return ;;`;
    });
  return ['      case "$previous" in', ...values, "      esac"];
}

function bash(commands: readonly CompletedCommand[], everywhere: readonly CompletedOption[]): string {
  const cases = commands.map((command) => {
    const flags = flagsOf(command.options);
    return [
      `    ${command.name})`,
      ...bashValues(command.options),
      '      if [[ "$current" == -* ]]; then',
      `        COMPREPLY=($(compgen -W ${quoted(flags)} -- "$current"))`,
      ...(command.arguments.length > 0
        ? ["      else", `        COMPREPLY=($(compgen -W ${quoted(command.arguments)} -- "$current"))`]
        : []),
      "      fi",
      "      ;;",
    ].join("\n");
  });
  return `# Completion of s2split for bash, made by: s2split completion bash
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
    case "$word" in ${commands.map(({ name }) => name).join("|")}) command="$word"; break ;; esac
  done
  case "$command" in
    "")
${bashValues(everywhere).join("\n")}
      COMPREPLY=($(compgen -W ${quoted([...commands.map(({ name }) => name), ...flagsOf(everywhere)])} -- "$current"))
      ;;
${cases.join("\n")}
  esac
}
complete -o default -F _s2split s2split
`;
}

/** Words for compgen -W in single quotes; names of ours have no blank and no quote. */
function quoted(words: readonly string[]): string {
  return `'${words.join(" ").replaceAll("'", "'\\''")}'`;
}

/** An option as zsh's _arguments takes it. */
function zshSpec(option: CompletedOption): string {
  const value = !option.takesValue
    ? ""
    : option.values.length > 0
      ? `:value:_values -s , value ${option.values.join(" ")}`
      : ":value:_files";
  const flags = option.flags.length > 1 ? `'(${option.flags.join(" ")})'{${option.flags.join(",")}}` : option.flags[0]!;
  return `${flags}${zshQuote(`[${zshText(option.summary)}]${value}`)}`;
}

function zsh(commands: readonly CompletedCommand[], everywhere: readonly CompletedOption[]): string {
  const cases = commands.map((command) => {
    const rest = command.arguments.length > 0 ? `'*:argument:(${command.arguments.join(" ")})'` : "'*:file:_files'";
    return [
      `      ${command.name})`,
      "        _arguments \\",
      ...command.options.map((option) => `          ${zshSpec(option)} \\`),
      `          ${rest} ;;`,
    ].join("\n");
  });
  return `#compdef s2split
# Completion of s2split for zsh, made by: s2split completion zsh
_s2split() {
  local state line
  local -a commands=(
${commands.map(({ name, summary }) => `    ${zshQuote(`${name}:${zshText(summary)}`)}`).join("\n")}
  )
  _arguments -C \\
${everywhere.map((option) => `    ${zshSpec(option)} \\`).join("\n")}
    '1:command:->command' '*::argument:->rest'
  case "$state" in
    command) _describe command commands ;;
    rest)
      case "$line[1]" in
${cases.join("\n")}
      esac ;;
  esac
}
compdef _s2split s2split
`;
}

function zshText(text: string): string {
  return text.replaceAll(/[[\]:\\]/g, "\\$&");
}

function zshQuote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** What fish's complete takes for an option: its names, values and summary. */
function fishOption({ flags, summary, takesValue, values }: CompletedOption): string {
  const names = flags.map((flag) => (flag.startsWith("--") ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
  const value = !takesValue ? "" : values.length > 0 ? ` -x -a ${fishQuote(values.join(" "))}` : " -r";
  return `${names.join(" ")}${value} -d ${fishQuote(summary)}`;
}

function fish(commands: readonly CompletedCommand[], everywhere: readonly CompletedOption[]): string {
  const lines = ["# Completion of s2split for fish, made by: s2split completion fish"];
  for (const { name, summary } of commands) {
    lines.push(`complete -c s2split -n __fish_use_subcommand -f -a ${name} -d ${fishQuote(summary)}`);
  }
  for (const option of everywhere) {
    lines.push(`complete -c s2split -n __fish_use_subcommand ${fishOption(option)}`);
  }
  for (const command of commands) {
    const when = `-n '__fish_seen_subcommand_from ${command.name}'`;
    for (const option of command.options) lines.push(`complete -c s2split ${when} ${fishOption(option)}`);
    if (command.arguments.length > 0) {
      lines.push(`complete -c s2split ${when} -f -a ${fishQuote(command.arguments.join(" "))}`);
    }
  }
  return `${lines.join("\n")}\n`;
}

function fishQuote(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}

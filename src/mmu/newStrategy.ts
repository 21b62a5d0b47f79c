/**
 * What an MMU gives `new-strategy` to begin a module with: a strategy that runs as it is, and
 * comments that say what can be changed.
 */
export interface StrategyStart {
  /** "a walker strategy for the split walk of KVM/arm64's stage 2". */
  readonly what: string;
  /**
   * Commands to try it with, without the program's name; `MODULE` stands for its path. The first is
   * shown when the module is written.
   */
  readonly commands: readonly string[];
  /** What the package exports that {@link fields} use, beside `defineStrategy`. */
  readonly imports: readonly string[];
  /** The exported type of what an author gives. */
  readonly type: string;
  /**
   * Fields of the definition after `id`, `summary` and `origin`, two blanks in, comments among
   * them: JavaScript and TypeScript alike.
   */
  readonly fields: string;
}

/**
 * The text of a new strategy's module.
 *
 * @param path of the module, as commands name it
 * @param typescript type-checked by what the package exports, where it is installed beside the
 *   module
 */
export function newStrategyText(start: StrategyStart, id: string, path: string, typescript: boolean): string {
  const imports = ["defineStrategy", ...start.imports, ...(typescript ? [`type ${start.type}`] : [])];
  const line = `import { ${imports.join(", ")} } from "s2split";`;
  const whole =
    line.length <= 120 ? line : `import {\n${imports.map((name) => `  ${name},\n`).join("")}} from "s2split";`;
  return `// ${id}: ${start.what}.
//
${start.commands.map((command) => `//   s2split ${command.replace("MODULE", path)}\n`).join("")}//
// s2split itself finds "s2split" in the import: nothing has to be installed to run this file.
${typescript ? "// (npm install -D s2split typescript) gives its types to editors and to tsc.\n" : ""}
${whole}

export default defineStrategy({
  id: ${JSON.stringify(id)},
  summary: "one line: how it steers the walk",
  origin: "who, when",
${start.fields}}${typescript ? ` satisfies ${start.type}` : ""});
`;
}

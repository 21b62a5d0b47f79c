import { extname } from "node:path";

/** Extensions of modules with custom strategies. */
export const MODULE_EXTENSIONS: readonly string[] = [".mjs", ".js", ".mts", ".ts"];

/** Whether a value of `--strategy` is a path rather than a name. */
export function isModulePath(name: string): boolean {
  return /[/\\]/.test(name) || MODULE_EXTENSIONS.includes(extname(name));
}

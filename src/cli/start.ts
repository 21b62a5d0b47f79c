import { isModulePath } from "../load/modulePath.js";
import type { Io } from "./io.js";
import { main } from "./main.js";

/**
 * Runs the command line: here, or where it loads custom modules, which are anybody's code, in a
 * thread that this one watches.
 *
 * @returns the exit code
 */
export async function start(argv: readonly string[], io: Io): Promise<number> {
  if (!loadsModules(argv)) return main(argv, io);
  const { runGuarded } = await import("./guard.js");
  return runGuarded(argv, io);
}

/** Whether a command line loads a custom module. */
export function loadsModules(argv: readonly string[]): boolean {
  return argv.some((arg, i) => {
    const own = /^--(?:strategy|against)=(.*)$/s.exec(arg)?.[1];
    const value = own ?? (/^--(?:strategy|against)$/.test(argv[i - 1] ?? "") ? arg : undefined);
    return value?.split(",").some((name) => isModulePath(name.trim())) === true;
  });
}

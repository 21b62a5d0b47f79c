import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A C compiler that is on this machine: its name, or undefined. */
export function compiler(name: string): string | undefined {
  return spawnSync(name, ["--version"], { stdio: "ignore" }).status === 0 ? name : undefined;
}

export const WARNINGS = ["-std=gnu11", "-Wall", "-Wextra", "-Werror"];

/**
 * What a compiler says of a text: nothing where it has no warning. Checks alone, or -O2 too for
 * those that only optimising finds.
 */
export function complaints(cc: string, source: string, optimise = false): string {
  const how = optimise ? ["-O2", "-c", "-o", "/dev/null"] : ["-fsyntax-only"];
  const { stderr, status } = spawnSync(cc, [...WARNINGS, ...how, "-x", "c", "-"], { input: source, encoding: "utf8" });
  return status === 0 ? stderr : `status ${status}: ${stderr}`;
}

/** Compiles files of one folder that is removed again, and hands over the folder. */
export function withPrograms<T>(
  cc: string,
  programs: Readonly<Record<string, { readonly source: string; readonly flags?: readonly string[] }>>,
  use: (folder: string) => T,
): T {
  const folder = mkdtempSync(join(tmpdir(), "s2split-c-"));
  try {
    for (const [name, { source, flags = [] }] of Object.entries(programs)) {
      writeFileSync(join(folder, `${name}.c`), source);
      execFileSync(cc, [...WARNINGS, "-o", join(folder, name), join(folder, `${name}.c`), ...flags], { stdio: "pipe" });
    }
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

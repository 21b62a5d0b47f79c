import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "./cli.js";

/**
 * What `npm install` of the packed tarball would leave, but for its dependencies, which are the
 * clone's.
 */
export interface Packed {
  /** The package's folder. */
  readonly root: string;
  remove(): void;
}

/** Packs the package as it is built, and unpacks it outside the clone. */
export function unpack(): Packed {
  const folder = mkdtempSync(join(tmpdir(), "s2split-packed-"));
  execFileSync("npm", ["pack", "--silent", "--ignore-scripts", "--pack-destination", folder], { cwd: ROOT });
  const tarball = readdirSync(folder).find((name) => name.endsWith(".tgz"))!;
  execFileSync("tar", ["xzf", tarball], { cwd: folder });
  const root = join(folder, "package");
  symlinkSync(join(ROOT, "node_modules"), join(root, "node_modules"));
  return { root, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

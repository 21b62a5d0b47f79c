import { mkdir, readdir, rm, rmdir, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { badInput, clip } from "../errors.js";
import type { PlannedRun } from "./plan.js";

const OWN = /^\d{4,}-[A-Za-z0-9_.=-]*\.txt$/;

/** The folder beside a result where the raw output of every run goes, as the test printed it. */
export class RawFolder {
  /** As shown to the user. */
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /**
   * Makes the folder of a result.
   *
   * @param force take away what an earlier measurement left in it; nothing else is touched
   * @throws UserError if it cannot be made, or has something in it
   */
  static async open(resultPath: string, force: boolean): Promise<RawFolder> {
    const folder = `${resultPath.replace(/\.json$/, "")}.raw`;
    try {
      await mkdir(folder, { recursive: true });
      const there = (await readdir(folder)).filter((name) => OWN.test(name));
      if (there.length > 0 && !force)
        throw badInput(clip(folder, 200), "has raw output of another measurement", "another --output, or --force");
      for (const name of there) await rm(join(folder, name));
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === undefined) throw error;
      throw badInput(clip(folder, 200), `cannot be made (${code})`, "a writable folder");
    }
    return new RawFolder(folder);
  }

  /** The file of a run, relative to the result: `guest.raw/0003-s=anonymous_thp-run1.txt`. */
  name({ case: { variables }, round, warmup }: PlannedRun, index: number): string {
    const values = Object.entries(variables).map(
      ([name, value]) => `${name}=${value.replace(/[^A-Za-z0-9_.]/g, "_")}-`,
    );
    const number = String(index + 1).padStart(4, "0");
    return join(
      basename(this.folder),
      `${number}-${values.join("").slice(0, 150)}${warmup ? "warmup" : "run"}${round}.txt`,
    );
  }

  /** Takes the folder away again if there is nothing in it: no run was even begun. */
  async removeEmpty(): Promise<void> {
    await rmdir(this.folder).catch(() => {});
  }

  async write(name: string | null, text: string): Promise<void> {
    if (name !== null) await writeFile(join(dirname(this.folder), name), text);
  }
}

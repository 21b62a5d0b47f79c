import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import * as nodeModule from "node:module";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { mmus } from "../mmu/registry.js";
import { NIGHTLY } from "../testing/nightly.js";
import { ROOT, s2split, spawned, temporaryFolder } from "./cli.js";

const ids = mmus.map(({ id }) => id);
const written = (text: string) =>
  [...text.matchAll(/^\/\/ {3}s2split (.*)$/gm)].map(([, command]) => command!.split(/ +/));

describe("new-strategy", () => {
  it.each(ids)("writes a strategy for %s that is right as it is, by the commands that it names", async (mmu) => {
    const cwd = temporaryFolder();
    const { stdout } = await s2split(["new-strategy", "mine", "--mmu", mmu], { cwd });
    const [verify, bench, trace] = written(readFileSync(join(cwd, "mine.mjs"), "utf8"));
    expect(stdout).toBe(`mine.mjs is written. Try it:\n\n  s2split ${verify!.join(" ")}\n`);
    // Fewer layouts, less memory and no wall time: what is tried is the strategy.
    const searched = await s2split(
      verify!.map((word) => (/^\d+$/.test(word) ? "50" : word)),
      { cwd },
    );
    expect([searched.code, searched.stdout]).toEqual([0, expect.stringContaining("mine  right on all 50")]);
    expect(
      await s2split([...bench!, "--no-wall", ...(bench!.includes("zap") ? [] : ["-b", "16M"])], { cwd }),
    ).toMatchObject({ code: 0, stderr: "" });
    expect(await s2split(trace!, { cwd })).toMatchObject({ code: 0, stderr: "" });
  });

  it("writes TypeScript that the package's types accept, and that runs", async () => {
    const cwd = temporaryFolder();
    const files = ids.map((mmu) => `for-${mmu}.ts`);
    for (const mmu of ids) await s2split(["new-strategy", `for-${mmu}`, "--ts", "--mmu", mmu], { cwd });
    mkdirSync(join(cwd, "node_modules"));
    symlinkSync(ROOT, join(cwd, "node_modules/s2split"));
    symlinkSync(join(ROOT, "node_modules/typescript"), join(cwd, "node_modules/typescript"));
    const tsc = join(ROOT, "node_modules/typescript7/bin/tsc");
    const flags = [
      "--noEmit",
      "--strict",
      "--noUnusedLocals",
      "--target",
      "es2022",
      "--module",
      "nodenext",
      "--skipLibCheck",
    ];
    execFileSync(process.execPath, [tsc, ...flags, ...files], { cwd });
    const strategies = files.map((file) => `./${file}`).join(",");
    const { stdout } = await s2split(["verify", "--mmu", ids.join(","), "--strategy", strategies, "--random", "5"], {
      cwd,
    });
    expect(stdout).toContain("4 strategies checked, all right");
  });

  it("never writes over what is there", async () => {
    const cwd = temporaryFolder();
    await s2split(["new-strategy", "mine"], { cwd });
    const again = await s2split(["new-strategy", "mine"], { cwd });
    expect([again.code, again.stderr]).toEqual([2, "s2split: mine.mjs: is there already; expected another name\n"]);
  });

  it.runIf(NIGHTLY)("says with --ts what it needs exactly where the module would not run", async () => {
    // A package as it is installed: without the TypeScript that a clone has for its build.
    const home = temporaryFolder();
    for (const name of ["bin", "dist", "package.json"]) cpSync(join(ROOT, name), join(home, name), { recursive: true });
    mkdirSync(join(home, "node_modules"));
    for (const name of readdirSync(join(ROOT, "node_modules")).filter((one) => one !== "typescript"))
      symlinkSync(join(ROOT, "node_modules", name), join(home, "node_modules", name));
    const bin = join(home, "bin/s2split.js");
    for (const installed of [false, true]) {
      const cwd = temporaryFolder();
      if (installed) {
        mkdirSync(join(cwd, "node_modules"));
        symlinkSync(join(ROOT, "node_modules/typescript"), join(cwd, "node_modules/typescript"));
      }
      const { stdout } = await spawned(["new-strategy", "mine", "--ts"], { cwd, bin });
      const { code } = await spawned(["verify", "--strategy", "./mine.ts", "--random", "5"], { cwd, bin });
      expect(code).toBe(installed || "stripTypeScriptTypes" in nodeModule ? 0 : 2);
      expect(stdout.includes("Try it (needs Node.js 22.18 or newer, or TypeScript installed beside")).toBe(code !== 0);
    }
  });

  it.each(["../escape", "a b", "max-level", "all", ""])('refuses the name "%s"', async (name) => {
    const cwd = temporaryFolder();
    const { code, stderr } = await s2split(["new-strategy", name], { cwd });
    expect([code, stderr.includes("    at ")]).toEqual([2, false]);
    expect(readdirSync(cwd)).toEqual([]);
  });
});

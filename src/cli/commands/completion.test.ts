import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { run } from "../../testing/inProcess.js";
import { temporaryFolder } from "../../testing/temporaryFolder.js";

describe("s2split completion", () => {
  const installed = (shell: string) => spawnSync(shell, ["-c", "true"]).status === 0;

  /** What bash offers for these words, the last of them being typed. */
  async function completed(...words: string[]): Promise<string[]> {
    const { stdout: script } = await run(["completion", "bash"]);
    const all = ["s2split", ...words].map((word) => `'${word}'`).join(" ");
    const ask = `COMP_WORDS=(${all}); COMP_CWORD=${words.length}; _s2split; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return execFileSync("bash", ["-c", `${script}\n${ask}`], { encoding: "utf8" })
      .split("\n")
      .filter((line) => line !== "");
  }

  it.skipIf(!installed("bash"))("completes commands, options, values and lists of values in bash", async () => {
    expect(await completed("co")).toEqual(["compare", "completion"]);
    expect(await completed("bench", "--export-n")).toEqual(["--export-ndjson"]);
    expect(await completed("compare", "--wall")).toEqual(["--wall-threshold"]);
    expect(await completed("bench", "--strategy", "max")).toEqual(["max-level"]);
    expect(await completed("bench", "--strategy", "baseline,skip-l")).toEqual(["baseline,skip-level"]);
    expect(await completed("bench", "-s", "hugetlb-1")).toEqual(["hugetlb-1g"]);
    expect(await completed("bench", "--mode", "")).toEqual(["enable", "clear", "both"]);
    expect(await completed("list", "str")).toEqual(["strategies"]);
    expect(await completed("bench", "-s", "anonymous_t")).toEqual(["anonymous_thp"]);
    expect(await completed("run", "-s", "")).toEqual(expect.arrayContaining(["thp", "hugetlb-1g", "anonymous_thp"]));
    expect(await completed("run", "-m", "1")).toEqual(["1", "12", "13", "14", "15", "16"]);
    for (const command of ["bench", "run", "advise", "import-layout"]) {
      expect(await completed(command, "--chunk", "")).toEqual(["0", "4K", "2M", "1G", "16K", "32M", "64K", "512M"]);
    }
    expect(await completed("bench", "--mmu", "x86-t")).toEqual(["x86-tdp"]);
    expect(await completed("--color", "")).toEqual(["auto", "always", "never"]);
    expect(await completed("bench", "--color", "al")).toEqual(["always"]);
    expect(await completed("--color", "never", "comp")).toEqual(["compare", "completion"]);
    expect(await completed("--co")).toEqual(["--color"]);
    expect(await completed("compare", "x")).toEqual([]);
  });

  it.each(["bash", "zsh", "fish"])("is a script that %s can parse", async (shell) => {
    const { code, stdout } = await run(["completion", shell]);
    expect(code).toBe(0);
    for (const command of ["bench", "compare", "merge", "noise", "list"]) expect(stdout).toContain(command);
    if (installed(shell)) {
      const folder = temporaryFolder();
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, "script"), stdout);
      expect(spawnSync(shell, ["-n", join(folder, "script")], { encoding: "utf8" })).toMatchObject({
        status: 0,
        stderr: "",
      });
    }
  });

  it("refuses another shell", async () => {
    expect((await run(["completion", "cmd"])).code).toBe(2);
  });
});

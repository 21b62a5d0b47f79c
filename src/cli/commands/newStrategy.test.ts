import { readdirSync, readFileSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { mmus } from "../../mmu/registry.js";
import { run } from "../../testing/inProcess.js";
import { temporaryFolder } from "../../testing/temporaryFolder.js";
import { toy } from "../../testing/toyMmu.js";

describe("new-strategy", () => {
  it.each(mmus.map(({ id }) => id))(
    "writes a module for %s, and says how to try it as the module does",
    async (mmu) => {
      const cwd = temporaryFolder();
      const { code, stdout, stderr } = await run(["new-strategy", "my.own-1_a", "--mmu", mmu], { cwd });
      expect([code, stderr, readdirSync(cwd)]).toEqual([0, "", ["my.own-1_a.mjs"]]);
      const text = readFileSync(join(cwd, "my.own-1_a.mjs"), "utf8");
      const [first] = text.match(/^\/\/ {3}s2split (.*)$/m)!.slice(1);
      expect(first).toContain("./my.own-1_a.mjs");
      expect(stdout).toBe(`my.own-1_a.mjs is written. Try it:\n\n  s2split ${first!.replace(/ +/g, " ")}\n`);
      expect(text).toContain('"my.own-1_a"');
    },
  );

  it("is for arm64 where no other is named, and TypeScript where that is asked for", async () => {
    const cwd = temporaryFolder();
    await run(["new-strategy", "mine"], { cwd });
    await run(["new-strategy", "theirs", "--mmu", "arm64"], { cwd });
    const [mine, theirs] = ["mine", "theirs"].map((name) => readFileSync(join(cwd, `${name}.mjs`), "utf8"));
    expect(mine).toBe(theirs!.replaceAll("theirs", "mine"));
    const typed = await run(["new-strategy", "mine", "--ts"], { cwd });
    expect(typed.stdout).toMatch(
      /^mine\.ts is written\. Try it(?: \(needs [^)]*\))?:\n\n {2}s2split [^\n]*\.\/mine\.ts[^\n]*\n$/,
    );
    expect(readFileSync(join(cwd, "mine.ts"), "utf8")).not.toBe(mine);
  });

  it("writes over nothing, and says where it cannot write", async () => {
    const cwd = temporaryFolder();
    await run(["new-strategy", "mine"], { cwd });
    const again = await run(["new-strategy", "mine"], { cwd });
    expect(again).toEqual({
      code: 2,
      stdout: "",
      stderr: "s2split: mine.mjs: is there already; expected another name\n",
    });
    expect((await run(["new-strategy", "x".repeat(64)], { cwd })).code).toBe(0);
    const gone = temporaryFolder();
    const load = async () => {
      rmdirSync(gone);
      return mmus[0].load();
    };
    const nowhere = await run(["new-strategy", "mine"], { cwd: gone, registry: [{ ...mmus[0], load }] });
    expect(nowhere.stderr).toBe(
      "s2split: mine.mjs: cannot be written (ENOENT); expected a folder that can be written\n",
    );
  });

  it("writes none for an MMU that has none to write", async () => {
    expect(await run(["new-strategy", "mine"], { registry: [toy] })).toEqual({
      code: 2,
      stdout: "",
      stderr: "s2split: --mmu toy: new-strategy writes none for it; expected another MMU\n",
    });
  });
});

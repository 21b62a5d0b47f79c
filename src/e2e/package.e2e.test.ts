import { cpSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { spawned, temporaryFolder } from "./cli.js";
import { type Packed, unpack } from "./packed.js";

let packed: Packed;
beforeAll(() => {
  packed = unpack();
});
afterAll(() => packed.remove());

/** As a user of the installed package does, in a folder that is no clone. */
const installed = (args: readonly string[], cwd = temporaryFolder()) =>
  spawned(args, { cwd, bin: join(packed.root, "bin/s2split.js") });

it("has the scenarios, which are known by their names, and says where their files are", async () => {
  const { stdout } = await installed(["list", "scenarios"]);
  expect(stdout).toContain(join(packed.root, "scenarios", "NAME.json"));
  const benched = await installed(["bench", "--scenario", "holes", "--strategy", "max-level", "--no-wall", "-q"]);
  expect(benched).toEqual({ code: 0, stdout: "", stderr: "" });
});

it("has the examples, and its own name for their imports", async () => {
  const cwd = temporaryFolder();
  cpSync(join(packed.root, "examples"), join(cwd, "examples"), { recursive: true });
  const strategies = "examples/second-idea.mjs,examples/own-repository/my-walker.mjs";
  const { code, stdout } = await installed(["verify", "--strategy", strategies, "--scenario", "holes"], cwd);
  expect([code, stdout]).toEqual([0, expect.stringContaining("2 strategies checked, all right")]);
});

it("has every file that its README links to", () => {
  const readme = readFileSync(join(packed.root, "README.md"), "utf8");
  const links = [...readme.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, path]) => path!);
  expect(links.length).toBeGreaterThan(10);
  // The sources stay in the clone.
  const missing = links.filter((path) => !path.startsWith("src/") && !existsSync(join(packed.root, path)));
  expect(missing).toEqual([]);
});

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { temporaryFolder } from "../testing/temporaryFolder.js";
import { numberedPath, refuseOverwrite, refuseOverwriteNumbered } from "./overwrite.js";

/** Whether found.json may be written where these files are. */
function check(files: readonly string[], force?: boolean): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "s2split-overwrite-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const file of files) writeFileSync(join(folder, file), "mine");
  mkdirSync(join(folder, "found-3.json"));
  return refuseOverwriteNumbered(join(folder, "found.json"), force, "--save");
}

it.each(["found.json", "found-2.json", "found-17.json"])("refuses where %s would be written over", async (name) => {
  await expect(check([name])).rejects.toThrow(`${name}: is there already; expected another --save, or --force`);
  await expect(check([name], true)).resolves.toBeUndefined();
});

it("minds no file that it would not write", async () => {
  const others = ["found-1.json", "found-2.txt", "found-02.json", "other-2.json", "found-2", "xfound-2.json"];
  await expect(check(others)).resolves.toBeUndefined();
});

it("numbers before the extension, and never standard output", () => {
  expect([numberedPath("a.b/x.json", 2), numberedPath("a.b/x", 3), numberedPath("-", 2)]).toEqual([
    "a.b/x-2.json",
    "a.b/x-3",
    "-",
  ]);
});

it("names --output where no other option named the file, and minds neither a stream nor a device", async () => {
  const path = join(temporaryFolder(), "there");
  writeFileSync(path, "mine");
  await expect(refuseOverwrite(path, undefined)).rejects.toThrow(
    `${path}: is there already; expected another --output, or --force`,
  );
  for (const fine of ["-", "/dev/null", `${path}-not`]) {
    await expect(refuseOverwrite(fine, false)).resolves.toBeUndefined();
    await expect(refuseOverwriteNumbered(fine, false, "--save")).resolves.toBeUndefined();
  }
  await expect(refuseOverwrite(path, true)).resolves.toBeUndefined();
  await expect(refuseOverwriteNumbered("no/such/folder.json", false, "--save")).resolves.toBeUndefined();
});

import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { temporaryFolder } from "../testing/temporaryFolder.js";
import type { PlannedRun } from "./plan.js";
import { RawFolder } from "./rawFolder.js";

const planned = (variables: Record<string, string>, warmup = false) =>
  ({ case: { variables }, round: 3, warmup }) as unknown as PlannedRun;

it("names the output of a run by its number, what varies and its round", async () => {
  const raw = await RawFolder.open(join(temporaryFolder(), "guest.json"), false);
  expect(raw.name(planned({ s: "anonymous_thp", A: "a/b c" }), 2)).toBe(
    "guest.raw/0003-s=anonymous_thp-A=a_b_c-run3.txt",
  );
  expect(raw.name(planned({}, true), 9999)).toBe("guest.raw/10000-warmup3.txt");
  expect(raw.name(planned({ s: "x".repeat(200) }), 0)).toBe(`guest.raw/0001-s=${"x".repeat(148)}run3.txt`);
});

it("keeps what is written beside the result, and goes where nothing was", async () => {
  const folder = temporaryFolder();
  const raw = await RawFolder.open(join(folder, "guest.json"), false);
  expect(raw.folder).toBe(join(folder, "guest.raw"));
  await raw.write(null, "nothing");
  await raw.write("guest.raw/0001-run1.txt", "printed");
  expect(readFileSync(join(folder, "guest.raw/0001-run1.txt"), "utf8")).toBe("printed");
  await raw.removeEmpty();
  expect(readdirSync(folder)).toEqual(["guest.raw"]);
  rmSync(join(folder, "guest.raw/0001-run1.txt"));
  await raw.removeEmpty();
  expect(existsSync(raw.folder)).toBe(false);
});

it("takes away the output of an earlier measurement only if it is told to, and nothing else", async () => {
  const folder = temporaryFolder();
  const path = join(folder, "guest.json");
  const raw = await RawFolder.open(path, false);
  writeFileSync(join(raw.folder, "mine.txt"), "");
  await RawFolder.open(path, false);
  await raw.write("guest.raw/0001-run1.txt", "printed");
  await expect(RawFolder.open(path, false)).rejects.toThrow(
    `${raw.folder}: has raw output of another measurement; expected another --output, or --force`,
  );
  await RawFolder.open(path, true);
  expect(readdirSync(raw.folder)).toEqual(["mine.txt"]);
});

it("says in one line where it cannot be made", async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "guest.raw"), "");
  await expect(RawFolder.open(join(folder, "guest.json"), false)).rejects.toThrow(
    `${join(folder, "guest.raw")}: cannot be made (EEXIST); expected a writable folder`,
  );
});

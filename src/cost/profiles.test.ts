import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { UserError } from "../errors.js";
import { listProfiles } from "./listProfiles.js";
import { loadProfile } from "./loadProfile.js";
import { figureNs } from "./modelTime.js";
import { parseProfile } from "./profileSchema.js";
import { builtinProfile, DEFAULT_PROFILE, PROFILES, profileNamed } from "./profiles.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "s2split-profile-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function fileWith(content: string): Promise<string> {
  const path = join(folder, "profile.json");
  await writeFile(path, content);
  return path;
}

const plain = JSON.stringify(builtinProfile("thunderx2"));

describe("built-in profiles", () => {
  it("are made of what was published", () => {
    expect(PROFILES.map((p) => p.name)).toEqual([
      "model-rfc",
      "ampereone",
      "thunderx2",
      "kunpeng920",
      "altra-2022",
      "upton-2022",
      "x86-tdp",
    ]);
    expect(builtinProfile(DEFAULT_PROFILE).mmu).toBe("arm64");
  });

  it("pass the check that files have to pass", () => {
    for (const profile of PROFILES)
      expect(parseProfile(JSON.parse(JSON.stringify(profile)), profile.name)).toEqual(profile);
  });

  it("have the published figures", () => {
    const ns = (name: string, cost: string) => figureNs(Object(profileNamed(name).costs)[cost]);
    expect(ns("model-rfc", "splitVisit")).toBe(657);
    expect(ns("model-rfc", "splitVisitNewTable")).toBe(578);
    expect(ns("model-rfc", "nestedEntry")).toBe(2200);
    expect(ns("model-rfc", "tlbiBroadcast")).toBe(83000);
    expect(ns("model-rfc", "splitFixed")).toBe(4_400_000);
    expect(ns("thunderx2", "writeProtectVisit") / ns("thunderx2", "splitVisit")).toBeCloseTo(1.27, 10);
    expect(ns("thunderx2", "nestedEntry") / ns("thunderx2", "splitVisit")).toBeCloseTo(3.06, 10);
    expect(ns("kunpeng920", "writeProtectVisit")).toBe(19);
    expect(ns("kunpeng920", "exit")).toBe(408);
    expect(ns("x86-tdp", "loop")).toBe(13);
    expect(ns("x86-tdp", "tableSplit")).toBe(31400);
  });

  it("give every figure a unit, a kind and a source", () => {
    for (const listing of listProfiles()) {
      expect(listing.figures.length + Number(listing.contention !== null)).toBeGreaterThan(0);
      for (const figure of listing.figures) {
        expect(figure.unit).toMatch(/^ns per /);
        expect(figure.how.length * figure.source.length).toBeGreaterThan(0);
      }
    }
  });
});

it("a built-in profile is known by its own name", () => {
  for (const { name } of PROFILES) expect(profileNamed(name).name).toBe(name);
  expect(() => profileNamed("constructor")).toThrow(/cost profile "constructor"/);
});

describe("loadProfile", () => {
  it("takes a built-in by name, and a file by path", async () => {
    expect((await loadProfile("x86-tdp")).name).toBe("x86-tdp");
    expect(await loadProfile(await fileWith(plain))).toEqual(builtinProfile("thunderx2"));
  });

  it("names the nearest profile for a name it does not know", async () => {
    await expect(loadProfile("thunderx3")).rejects.toThrow(/thunderx2/);
  });

  it("says in one line which field is wrong", async () => {
    const broken: [string, RegExp][] = [
      ["{", /not JSON/],
      ["[]", /expected/],
      [plain.replace('"schemaVersion":1', '"schemaVersion":2'), /schemaVersion/],
      [plain.replace('"ns":3,', '"ns":-1,'), /costs\.splitVisit\.ns/],
      [plain.replace('"splitVisit":', '"splitVist":'), /splitVist/],
      [plain.replace('"includes":["inspect"', '"includes":["nestedEntry"'), /figure of its own/],
      [plain.replace('"title"', '"tittle"'), /title/],
      [plain.replace('"kind":"assumed"', '"kind":"felt"'), /provenance\.kind/],
    ];
    for (const [content, message] of broken) {
      expect(content).not.toBe(plain);
      const error: unknown = await loadProfile(await fileWith(content)).catch((e: unknown) => e);
      expect(error).toBeInstanceOf(UserError);
      expect((error as Error).message).toMatch(message);
      expect((error as Error).message).not.toContain("\n");
    }
  });

  it("refuses what is no file", async () => {
    await expect(loadProfile(join(folder, "none.json"))).rejects.toThrow(/none\.json: no such file/);
    await expect(loadProfile(`${folder}/`)).rejects.toThrow(/is a folder/);
  });

  it("never throws anything but a user error, whatever the JSON", async () => {
    await fc.assert(
      fc.asyncProperty(fc.json(), async (text) => {
        const error: unknown = await loadProfile(await fileWith(text)).catch((e: unknown) => e);
        expect(error).toBeInstanceOf(UserError);
      }),
      { numRuns: 100 },
    );
  });
});

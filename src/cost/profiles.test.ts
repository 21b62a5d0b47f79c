import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { UserError } from "../errors.js";
import { describeProfile, listProfiles } from "./listProfiles.js";
import { loadProfile } from "./loadProfile.js";
import { figureNs } from "./modelTime.js";
import type { CostId, CostProfile } from "./profile.js";
import { parseProfile } from "./profileSchema.js";
import { builtinProfile, DEFAULT_PROFILE, PROFILES, profileNamed } from "./profiles.js";
import { CONTENTION_TABLES } from "./published/contention.js";
import { SINGLE_FIGURES } from "./published/single.js";
import { SPLIT_SERIES, ZAP_SERIES } from "./published/split.js";

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

  it("are listed figure by figure, in the order of tables, with all that is known of each", () => {
    const fitted = {
      ns: 7,
      nsPerFurtherIssuer: 2,
      provenance: { kind: "derived", how: "how", source: "source", scale: "splitVisit" },
      includes: ["splitStore"],
    } as const;
    const bare = { ns: 3, provenance: { kind: "assumed", how: "felt", source: "nobody" } } as const;
    const profile: CostProfile = {
      kind: "s2split-cost-profile",
      schemaVersion: 1,
      name: "mine",
      title: "my box",
      mmu: "arm64",
      costs: { tlbiBroadcast: fitted, splitVisit: bare },
    };
    expect(describeProfile(profile)).toEqual({
      name: "mine",
      summary: "my box",
      mmu: "arm64",
      figures: [
        {
          cost: "splitVisit",
          label: "visit, split walk",
          value: 3,
          perFurtherIssuer: null,
          unit: "ns per visit",
          kind: "assumed",
          how: "felt",
          source: "nobody",
          scale: null,
          includes: [],
        },
        {
          cost: "tlbiBroadcast",
          label: "broadcast TLBI by IPA",
          value: 7,
          perFurtherIssuer: 2,
          unit: "ns per TLBI",
          kind: "derived",
          how: "how",
          source: "source",
          scale: "splitVisit",
          includes: ["splitStore"],
        },
      ],
      contention: null,
      notes: [],
    });
    const { contention } = builtinProfile("altra-2022");
    const more = describeProfile({ ...profile, contention, notes: ["read this"] });
    expect([more.contention, more.notes]).toEqual([contention, ["read this"]]);
    expect(listProfiles().map(({ name }) => name)).toEqual(PROFILES.map(({ name }) => name));
  });

  it("say whose each figure is, and of which post that is published here", () => {
    const posts = [...SPLIT_SERIES, ...CONTENTION_TABLES, ...SINGLE_FIGURES, ZAP_SERIES];
    const mails = new Set(posts.map(({ author, date }) => `${author} ${date}`));
    const others = new Set<string>();
    for (const { costs, contention } of PROFILES) {
      const figures = [...Object.values(costs), ...(contention === undefined ? [] : [contention])];
      for (const { provenance } of figures) {
        for (const source of provenance.source.split("; ")) {
          const [author, date] = [source.split(", ").at(0), source.split(", ").at(-1)];
          if (!mails.has(`${author} ${date}`)) others.add(`${provenance.kind}: ${source}`);
        }
      }
    }
    expect([...others]).toEqual([
      "derived: the kernel's own C, run in userspace on an Intel Xeon",
      "assumed: s2split",
      "published: exit latencies as published",
    ]);
  });

  it("are fitted to as many rows as their fits say", () => {
    for (const { name, contention } of PROFILES) {
      if (contention === undefined) continue;
      const columns = CONTENTION_TABLES.flatMap((table) =>
        table.columns.filter((column) => contention.fittedTo.includes(`${table.id}/${column.name}`)),
      );
      expect(columns, name).toHaveLength(contention.fittedTo.length);
      const rows = columns.reduce((sum, column) => sum + column.rows.length, 0);
      expect(contention.provenance.how, name).toContain(`least squares of the relative errors of ${rows} rows`);
      expect(contention.provenance.kind).toBe("derived");
    }
  });

  it("have multiples of the scale that they name", () => {
    for (const { name, costs } of PROFILES) {
      for (const [id, { ns, provenance }] of Object.entries(costs)) {
        const { how, scale } = provenance;
        if (scale === undefined) continue;
        const ratio = Number(/^([\d.]+) x splitVisit[: ,f]/.exec(how)![1]);
        expect(scale).toBe("splitVisit");
        expect(ns, `${name} ${id}`).toBeCloseTo(ratio * costs.splitVisit!.ns, 9);
      }
    }
  });

  it("have the figures that their derivations come to", () => {
    // What a profile says of how it got a figure, computed.
    const ns = (id: Parameters<typeof builtinProfile>[0], cost: CostId) => builtinProfile(id).costs[cost]!.ns;
    expect(ns("model-rfc", "splitVisit")).toBeCloseTo(172e6 / 261632, 0);
    expect(Math.abs(ns("model-rfc", "splitVisitNewTable") - (153e6 + 150e6) / 2 / 262144)).toBeLessThan(1);
    expect(Math.abs(ns("model-rfc", "nestedEntry") - 576.4e6 / 262144)).toBeLessThan(2);
    expect(Math.abs(ns("model-rfc", "tlbiBroadcast") - (618.95e6 - 576.39e6) / 511)).toBeLessThan(500);
    expect(Math.abs(ns("model-rfc", "splitFixed") - (172e6 / 0.9733 - 172.2e6))).toBeLessThan(2e5);
    expect(ns("ampereone", "splitVisit")).toBeCloseTo((5230 - 2590) / 1270, 1);
    expect(ns("ampereone", "walk") / ns("ampereone", "splitVisit")).toBeCloseTo(48 / 2.6 / 2, 0);
    expect(Math.round(ns("ampereone", "flush") / 10)).toBe(Math.round(1238 / 10));
    expect(ns("kunpeng920", "writeProtectVisit")).toBe(Math.round(650e6 / 33554432));
    expect(ns("x86-tdp", "loop")).toBe(Math.round(115e3 / 8913));
    expect(Math.abs(ns("x86-tdp", "tableSplit") - (1.5469e9 - 0.00168e9) / (96 * 513))).toBeLessThan(50);
    expect(ns("x86-tdp", "range")).toBe(Math.round((1.4225e9 - 1.3745e9) / (96 * 4096)));
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

describe("parseProfile", () => {
  const figure = (more: object = {}) => ({
    ns: 1,
    provenance: { kind: "derived", how: "h", source: "s" },
    ...more,
  });
  const profile = (costs: object, more: object = {}) => ({
    kind: "s2split-cost-profile",
    schemaVersion: 1,
    name: "mine",
    title: "my box",
    mmu: "arm64",
    costs,
    ...more,
  });
  const contention = { alone: { map: 1 }, provenance: figure().provenance, fittedTo: [] };

  it("takes what is just allowed, and gives it back as it is", () => {
    const at = [
      profile({ walk: figure({ ns: 1e15, nsPerFurtherIssuer: 0, interval: [2, 2], includes: ["range"] }) }),
      profile({ walk: figure({ ns: 0 }), range: figure({ provenance: { ...figure().provenance, scale: "walk" } }) }),
      profile({}, { contention, name: `a${".".repeat(39)}`, title: "t".repeat(400), notes: Array(50).fill("n") }),
      profile(
        {},
        {
          contention: {
            ...contention,
            parallel: { serial: 1e15, broadcast: 0, remote: 2 },
            rwlock: { hold: 3, handOver: 4 },
            spinlock: { hold: 5 },
            fittedTo: Array(100).fill("a/b"),
          },
        },
      ),
    ];
    for (const value of at) expect(parseProfile(value, "x")).toEqual(value);
  });

  const EXPECTED = "expected a profile as `s2split calibrate --output` writes it";
  const derived = figure().provenance;
  it.each([
    [profile({}), "cost profile x costs: empty; expected at least one cost"],
    [
      profile({ walk: figure({ interval: [2, 1] }) }),
      "cost profile x costs.walk.interval: reversed; expected [low, high] in ns",
    ],
    [
      profile({ walk: figure({ includes: ["walk"] }) }),
      "cost profile x costs.walk.includes: walk has a figure of its own; expected costs without one",
    ],
    [
      profile({ walk: figure(), range: figure({ includes: ["fault", "walk"] }) }),
      "cost profile x costs.range.includes: walk has a figure of its own; expected costs without one",
    ],
    [
      profile({ walk: figure({ provenance: { ...derived, scale: "range" } }) }),
      "cost profile x costs.walk.provenance.scale: range is not in the profile; expected a cost of it",
    ],
    [profile({ walk: figure({ ns: 1e15 + 1 }) }), "cost profile x costs.walk.ns: "],
    [profile({ walk: figure({ nsPerFurtherIssuer: -1 }) }), "cost profile x costs.walk.nsPerFurtherIssuer: "],
    [profile({ walk: figure({ nsPerFurtherIssuer: 1e15 + 1 }) }), "cost profile x costs.walk.nsPerFurtherIssuer: "],
    [profile({ walk: figure({ provenance: { ...derived, how: "" } }) }), "cost profile x costs.walk.provenance.how: "],
    [profile({}, { contention, title: "t".repeat(401) }), "cost profile x title: "],
    [profile({}, { contention, notes: Array(51).fill("n") }), "cost profile x notes: "],
    [profile({}, { contention, more: 1 }), "cost profile x: "],
    [
      profile({}, { contention, name: `a${".".repeat(40)}` }),
      `cost profile x name: letters, digits, dot, dash and underscore, at most 40; ${EXPECTED}`,
    ],
    [
      profile({}, { contention: { ...contention, alone: {} } }),
      `cost profile x contention.alone: expected the time of at least one kind of fault; ${EXPECTED}`,
    ],
    [
      profile({}, { contention: { ...contention, fittedTo: Array(101).fill("a") } }),
      "cost profile x contention.fittedTo",
    ],
    [profile({}, { contention: { ...contention, alone: { map: -1 } } }), "cost profile x contention.alone.map: "],
    [
      profile({}, { contention: { ...contention, rwlock: { hold: 1e15 + 1 } } }),
      "cost profile x contention.rwlock.hold: ",
    ],
    [profile({}, { contention: { ...contention, spinlock: {} } }), "cost profile x contention.spinlock.hold: "],
  ])("refuses what is beyond, naming the field: %#", (value, message) => {
    const parse = () => parseProfile(value, "x");
    expect(parse).toThrow(UserError);
    expect(parse).toThrow(message);
  });
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

  it("takes for a path what has a slash of either kind, or ends in .json", async () => {
    const missing = (name: string) =>
      `${name}: no such file; expected a cost profile as \`s2split calibrate --output\` writes it`;
    for (const name of ["a/b", "a\\b", "none.json", "NONE.JSON"]) {
      await expect(loadProfile(name)).rejects.toThrow(missing(name));
    }
    await expect(loadProfile("none.json5")).rejects.toThrow(/^cost profile "none\.json5": unknown/);
  });

  it("takes a file of 1 MiB, and none beyond", async () => {
    const filled = (bytes: number) => fileWith(plain + " ".repeat(bytes - Buffer.byteLength(plain)));
    expect((await loadProfile(await filled(2 ** 20))).name).toBe("thunderx2");
    await expect(loadProfile(await filled(2 ** 20 + 1))).rejects.toThrow(/too large; expected a cost profile .*1 MiB/);
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

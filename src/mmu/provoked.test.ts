import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { DamagesOfMmu } from "../testing/damage/provoked.js";
import { mmus } from "./registry.js";

const FOLDER = new URL("../testing/damage/", import.meta.url);

/** By MMU: a file of the folder each, and others that these share. */
const damaged = new Map(
  (await Promise.all(readdirSync(FOLDER).map((name) => import(new URL(name, FOLDER).href))))
    .filter((module): module is DamagesOfMmu => "mmu" in module)
    .map(({ mmu, damages }) => [mmu, damages]),
);

/** What a damage is named by: the code that it provokes, and how, where there are several ways. */
const codeOf = (name: string) => name.split(",")[0]!;

it.each(mmus)("every code that $id has words for is provoked, and no other", ({ id, findingWords }) => {
  const provoked = new Set(Object.keys(damaged.get(id) ?? {}).map(codeOf));
  expect([...provoked].sort()).toEqual(Object.keys(findingWords).sort());
});

describe.each(mmus)("a fault of $id", ({ id, findingWords }) => {
  it.each(Object.entries(damaged.get(id) ?? {}))("is found and told: %s", (name, { provoke, says }) => {
    const code = codeOf(name);
    const found = provoke().find((finding) => finding.code === code);
    expect(found && findingWords[code]!.short(found)).toBe(says);
  });
});

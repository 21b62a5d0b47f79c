import { describe, expect, it } from "vitest";
import { arm64Damages } from "../testing/damage/arm64.js";
import type { Provoked } from "../testing/damage/provoked.js";
import { riscvDamages } from "../testing/damage/riscv.js";
import { shadowDamages } from "../testing/damage/shadow.js";
import { tdpDamages } from "../testing/damage/tdp.js";
import { mmus } from "./registry.js";

const DAMAGES: Readonly<Record<string, Readonly<Record<string, Provoked>>>> = {
  arm64: arm64Damages,
  "x86-tdp": tdpDamages,
  "x86-shadow": shadowDamages,
  riscv: riscvDamages,
};

/** What a damage is named by: the code that it provokes, and how, where there are several ways. */
const codeOf = (name: string) => name.split(",")[0]!;

it("every code that an MMU has words for is provoked, and no other", () => {
  const words = Object.fromEntries(mmus.map(({ id, findingWords }) => [id, Object.keys(findingWords).sort()]));
  expect(
    Object.fromEntries(
      Object.entries(DAMAGES).map(([id, of]) => [id, [...new Set(Object.keys(of).map(codeOf))].sort()]),
    ),
  ).toEqual(words);
});

describe.each(mmus)("a fault of $id", ({ id, findingWords }) => {
  it.each(Object.entries(DAMAGES[id]!))("is found and told: %s", (name, { provoke, says }) => {
    const code = codeOf(name);
    const found = provoke().find((finding) => finding.code === code);
    expect(found && findingWords[code]!.short(found)).toBe(says);
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { UserError } from "../../errors.js";
import { clear, leaves, root, shadow, zap } from "../../testing/x86Scenarios.js";
import { parseShadowScenario } from "../shadow/scenario.js";
import { parseTdpScenario } from "../tdp/parse.js";

describe("any JSON at all", () => {
  const keys = fc.constantFrom(
    ...[
      "mmu",
      "workload",
      "root",
      "roots",
      "leaves",
      "gfn",
      "level",
      "count",
      "rootLevel",
      "nonpresentPaths",
      "masks",
      "npages",
    ],
    ...["slotBaseGfn", "slot", "baseGfn", "mappings", "role", "copies", "stride", "alias", "__proto__"],
  );
  const leaf = fc.oneof(
    fc.integer(),
    fc.double(),
    fc.constantFrom("x86-tdp", "x86-shadow", "zap", "clear", "0xff"),
    fc.boolean(),
    fc.constant(null),
  );
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 5 },
      leaf,
      fc.array(tie("tree"), { maxLength: 4 }),
      fc.dictionary(keys, tie("tree"), { maxKeys: 6 }),
    ),
  }));

  it("is a scenario or a user error, never anything else", () => {
    const parse = (parser: (value: unknown, input: string) => unknown, value: unknown): void => {
      try {
        parser(value, "f");
      } catch (error) {
        expect(error).toBeInstanceOf(UserError);
      }
    };
    fc.assert(
      fc.property(tree, keys, tree, (value, key, part) => {
        for (const base of [zap, clear]) parse(parseTdpScenario, { ...base, [key]: part });
        parse(parseTdpScenario, { ...zap, root: { ...root, [key]: part } });
        parse(parseTdpScenario, leaves({ gfn: 0, level: 1, count: 1, [key]: part }));
        parse(parseShadowScenario, { ...shadow, [key]: part });
        parse(parseShadowScenario, { ...shadow, mappings: [{ ...shadow.mappings[0], [key]: part }] });
        parse(parseTdpScenario, value);
        parse(parseShadowScenario, value);
      }),
      { numRuns: 500 },
    );
  });
});

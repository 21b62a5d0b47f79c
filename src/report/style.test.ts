import { describe, expect, it } from "vitest";
import type { Environment, TextOutput } from "../files/streams.js";
import { type ColorChoice, styleFor } from "./style.js";

const terminal = { isTTY: true, columns: 100 } as TextOutput;
const pipe = { isTTY: undefined } as unknown as TextOutput;
const colours = (stdout: TextOutput, when: ColorChoice, env: Environment) =>
  styleFor({ stdout, env }, when).chalk.level > 0;

describe("styleFor", () => {
  it("colours a terminal, and no pipe", () => {
    expect(colours(terminal, "auto", {})).toBe(true);
    expect(colours(pipe, "auto", {})).toBe(false);
  });

  it("obeys NO_COLOR on a terminal, but not an empty one, and not against --color always", () => {
    expect(colours(terminal, "auto", { NO_COLOR: "1" })).toBe(false);
    expect(colours(terminal, "auto", { NO_COLOR: "" })).toBe(true);
    expect(colours(terminal, "always", { NO_COLOR: "1" })).toBe(true);
    expect(colours(terminal, "auto", { TERM: "dumb" })).toBe(false);
    expect(colours(pipe, "auto", { FORCE_COLOR: "1" })).toBe(true);
    expect(colours(terminal, "never", { FORCE_COLOR: "1" })).toBe(false);
  });

  it("takes the width from the terminal, or from COLUMNS, and is 120 in a pipe", () => {
    expect(styleFor({ stdout: terminal, env: {} }, "auto").columns).toBe(100);
    expect(styleFor({ stdout: pipe, env: { COLUMNS: "60" } }, "auto").columns).toBe(60);
    expect(styleFor({ stdout: pipe, env: {} }, "auto").columns).toBe(120);
  });
});

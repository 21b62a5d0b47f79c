import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { splitWords } from "../measure/selftestCommand.js";
import { ROOT, s2split } from "./cli.js";

const DOC = readFileSync(join(ROOT, "docs/measure.md"), "utf8");
const transcripts = [...DOC.matchAll(/```shell-session\n\$ s2split (.+)\n([\s\S]*?)```/g)].map(
  ([, command, output]) => [command!, output!] as const,
);

it("has the transcripts that the next test checks", () => {
  expect(transcripts.length).toBeGreaterThanOrEqual(4);
});

it.each(transcripts)("docs/measure.md shows what `s2split %s` prints", async (command, output) => {
  const { stdout, stderr } = await s2split(splitWords(command));
  expect(stdout + stderr).toBe(output);
});

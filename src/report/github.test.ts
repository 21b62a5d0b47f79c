import fc from "fast-check";
import { expect, test } from "vitest";
import { compareResults } from "../compare/compare.js";
import { DEFAULT_COMPARE_OPTIONS } from "../compare/types.js";
import { resultFile, runResult, scenarioResult, toyCounters, toyCounts, withCount } from "../testing/resultBuilder.js";
import { annotations, workflowError } from "./github.js";
import { summaryMarkdown } from "./summaryMarkdown.js";

/** Reads a workflow command as the runner does: properties up to "::", then data, unescaped. */
function parse(line: string): { file: string; title: string; message: string } {
  const match = /^::error file=([^,:\r\n]*),title=([^,:\r\n]*)::([^\r\n]*)$/.exec(line);
  if (match === null) throw new Error(`no workflow command: ${line}`);
  // %25 comes last: "%253A" is the text "%3A", not a colon.
  const property = (text: string) => data(text.replaceAll("%3A", ":").replaceAll("%2C", ","));
  const data = (text: string) => text.replaceAll("%0D", "\r").replaceAll("%0A", "\n").replaceAll("%25", "%");
  return { file: property(match[1]!), title: property(match[2]!), message: data(match[3]!) };
}

function slower(strategies: number) {
  const of = (drops: number) => ({
    path: "results/thp.json",
    result: resultFile({
      runs: Array.from({ length: strategies }, (_, i) =>
        runResult({ strategy: `s${i}`, counts: withCount(toyCounts, "split/lockDrops", drops) }),
      ),
    }),
  });
  return compareResults(
    [of(2)],
    [{ ...of(3), path: "new.json" }],
    new Map([["toy", toyCounters]]),
    DEFAULT_COMPARE_OPTIONS,
  );
}

test("a workflow command is one line and reads back, whatever is in it", () => {
  const text = fc.string({ unit: fc.constantFrom("%", ":", ",", "\r", "\n", "a", "2", "5", "A", "=", "é") });
  fc.assert(
    fc.property(text, text, text, (file, title, message) => {
      expect(parse(workflowError(file, title, message))).toEqual({ file, title, message });
    }),
  );
  expect(workflowError("a:b,c%.json", "t", "50%\nmore")).toBe("::error file=a%3Ab%2Cc%25.json,title=t::50%25%0Amore");
});

test("each regression is annotated at the file of the base", () => {
  const lines = annotations(slower(2)).map(parse);
  expect(lines).toEqual([
    {
      file: "results/thp.json",
      title: "s2split: regression",
      message: "thp/enable, s0: lock drops: 2 -> 3 drops (+50.0%)",
    },
    {
      file: "results/thp.json",
      title: "s2split: regression",
      message: "thp/enable, s1: lock drops: 2 -> 3 drops (+50.0%)",
    },
  ]);
});

test("of more regressions than GitHub shows, the last annotation says how many are left", () => {
  expect(annotations(slower(10))).toHaveLength(10);
  const lines = annotations(slower(25)).map(parse);
  expect(lines).toHaveLength(10);
  expect(lines[9]!.message).toBe("16 more: see the log or the summary");
});

test("the summary has every regression and the table of changes, and stays below a mebibyte", () => {
  const text = summaryMarkdown(slower(3));
  expect(text).toMatch(/^## s2split: 3 regressed\n/);
  expect(text.match(/^- thp\/enable, s\d: lock drops: 2 -> 3 drops \(\+50\.0%\)$/gm)).toHaveLength(3);
  expect(text).toContain("<details><summary>All changes</summary>\n\n| case | strategy | what | change |");
  const large = summaryMarkdown(slower(20_000));
  expect(Buffer.byteLength(large)).toBeLessThan(2 ** 20);
  expect(large).toContain("...and 19500 more");
});

test("the summary of equal results is a title and a line", () => {
  const same = [{ path: "a", result: resultFile() }];
  const text = summaryMarkdown(compareResults(same, same, new Map([["toy", toyCounters]]), DEFAULT_COMPARE_OPTIONS));
  expect(text).toBe("## s2split: no regression\n\n3 runs compared: 21 of 21 exact figures equal; no regression\n");
});

test("no control character of a name reaches the summary", () => {
  const id = "thp\u001b[31m\u0007\u009b/enable\u0000\n";
  const of = (drops: number) => ({
    path: "a.json",
    result: resultFile({
      scenarios: [scenarioResult(id)],
      runs: [
        runResult({ scenario: id, strategy: "s\u001b]0;t", counts: withCount(toyCounts, "split/lockDrops", drops) }),
      ],
    }),
  });
  const text = summaryMarkdown(
    compareResults([of(2)], [of(3)], new Map([["toy", toyCounters]]), DEFAULT_COMPARE_OPTIONS),
  );
  expect(text).toContain("/enable");
  expect(text).not.toMatch(/[^\n\P{Cc}]/u);
});

import type { NamedResult } from "../../results/read.js";
import type { ResultFile } from "../../results/types.js";
import type { Mmus } from "../benchTable.js";
import { benchPage } from "./benchPage.js";
import type { Page } from "./page.js";

/** The page of results made earlier: of several, one page with an index of all their cases. */
export async function reportPage(files: readonly NamedResult[], mmus: Mmus): Promise<Page> {
  if (files.length === 1) return benchPage(files[0]!.result, mmus);
  const page = await benchPage(together(files), mmus);
  const versions = new Set(
    files.map(({ result: { tool } }) => `${tool.name} ${tool.version}, model ${tool.modelVersion}`),
  );
  const partial = files.filter(({ result }) => result.partial).map(({ path }) => path);
  return {
    ...page,
    title: `${files.length} results, ${page.title}`,
    facts: [
      { name: "Files", value: String(files.length) },
      { name: "Made by", value: [...versions].join("; ") },
      ...(partial.length === 0 ? [] : [{ name: "Partial", value: partial.join(", ") }]),
    ],
  };
}

/** One result of all the cases; a case whose id is in several files is told apart by its file. */
function together(files: readonly NamedResult[]): ResultFile {
  const times = new Map<string, number>();
  for (const { result } of files) {
    for (const { id } of result.scenarios) times.set(id, (times.get(id) ?? 0) + 1);
  }
  const parts = files.map(({ path, result }) => {
    const name = (id: string) => (times.get(id)! > 1 ? `${path}: ${id}` : id);
    return {
      scenarios: result.scenarios.map((scenario) => ({ ...scenario, id: name(scenario.id) })),
      runs: result.runs.map((run) => ({ ...run, scenario: name(run.scenario) })),
    };
  });
  return {
    ...files[0]!.result,
    shard: null,
    scenarios: parts.flatMap(({ scenarios }) => scenarios),
    runs: parts.flatMap(({ runs }) => runs),
  };
}

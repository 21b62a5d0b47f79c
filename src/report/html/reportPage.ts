import { groupBy, lookUp, type NonEmpty, nonEmpty } from "../../lists.js";
import type { NamedResult } from "../../results/read.js";
import type { ResultFile } from "../../results/types.js";
import type { Mmus } from "../benchTable.js";
import { benchPage } from "./benchPage.js";
import type { Page } from "./page.js";

/** The page of results made earlier: of several, one page with an index of all their cases. */
export async function reportPage(files: readonly NamedResult[], mmus: Mmus): Promise<Page> {
  const [first, ...others] = nonEmpty(files);
  if (others.length === 0) return benchPage(first.result, mmus);
  const page = await benchPage(together([first, ...others]), mmus);
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
function together(files: NonEmpty<NamedResult>): ResultFile {
  const byId = groupBy(
    files.flatMap(({ result }) => result.scenarios),
    ({ id }) => id,
  );
  const parts = files.map(({ path, result }) => {
    const name = (id: string) => (lookUp(byId, id).length > 1 ? `${path}: ${id}` : id);
    return {
      scenarios: result.scenarios.map((scenario) => ({ ...scenario, id: name(scenario.id) })),
      runs: result.runs.map((run) => ({ ...run, scenario: name(run.scenario) })),
    };
  });
  return {
    ...files[0].result,
    shard: null,
    scenarios: parts.flatMap(({ scenarios }) => scenarios),
    runs: parts.flatMap(({ runs }) => runs),
  };
}

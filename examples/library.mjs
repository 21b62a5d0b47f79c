// s2split without the command line: count, verify, and search for a counterexample.
import { bench, defineStrategy, loadScenario, longFinding, totalAt, verify } from "s2split";
import firstIdea from "./first-idea.mjs";

const mine = defineStrategy({ id: "mine", summary: "never below level 2", maxLevel: 2 });
const scenario = await loadScenario("backing-thp");

const { runs } = await bench({ scenarios: [scenario], strategies: ["baseline", mine] });
for (const { strategy, counts, findings } of runs) {
  const inspected = totalAt(counts, "split/inspected");
  console.log(`${strategy}: ${inspected} entries inspected, ${findings.length === 0 ? "right" : "wrong"}`);
}

const { wrong } = await verify({ scenarios: [scenario], strategies: [mine, firstIdea] });
console.log(`wrong on ${scenario.name}: ${wrong.join(", ") || "none"}`);

const { faults } = await verify({ random: 300, seed: 1, strategies: [mine, firstIdea] });
for (const { strategy, finding, scenario: layout } of faults) {
  console.log(`${strategy}: ${longFinding(finding)}\n  ${JSON.stringify(layout)}`);
}

import type { PricedRun } from "../cost/selftestTime.js";
import type { NonEmpty } from "../lists.js";
import { listed } from "../lists.js";
import { figureNamed, figureOf, type RunGroup } from "./runRows.js";
import { formatCount, formatNs } from "./units.js";

const VISITS = { figure: figureNamed("visits"), one: "visitor call" };
const SAID = [
  VISITS,
  { figure: figureNamed("broadcast"), one: "broadcast TLBI" },
  { figure: figureNamed("faults"), one: "fault" },
];
const WAITERS = [
  { id: "guest", words: "the guests" },
  { id: "ioctl", words: "the ioctls" },
] as const;

/**
 * What a strategy's runs come to: the first against the best of the others; in modelled time where
 * there is one, else in counts.
 */
export function closingSentence([first, ...others]: NonEmpty<RunGroup>): string {
  const { strategy } = first.runs[0];
  if (others.length === 0) return `${strategy}, ${first.name}: ${inAll(first.runs[0])} in all.`;
  const best = others.reduce((a, b) => (wholeOf(b) < wholeOf(a) ? b : a));
  const timed = best.runs[0].modelled !== null;
  const least = timed ? "least time" : "fewest visitor calls";
  const chosen = others.length === 1 ? "" : `: of all that are set against ${first.name} it takes the ${least}`;
  return `${strategy}: ${against(first, best)}${timed ? " (modelled)" : ""}${chosen}.`;
}

/** By which the best is chosen, populating included. */
function wholeOf({ runs: [run] }: RunGroup): number {
  return run.modelled?.totalsNs.whole ?? figureOf(VISITS.figure, run.totals.whole);
}

function inAll({ totals, modelled }: PricedRun): string {
  const counts = SAID.map(({ figure, one }) => counted(figureOf(figure, totals.whole), one));
  return listed([...counts, ...(modelled === null ? [] : [`${formatNs(modelled.totalsNs.whole)} (modelled)`])]);
}

function against(base: RunGroup, other: RunGroup): string {
  const waits = WAITERS.flatMap(({ id, words }) => {
    const changes = changesOf(base.runs[0], other.runs[0], id);
    return changes.length === 0 ? [] : [`${words} ${listed(changes)}`];
  });
  const verb = other.runs.length === 1 ? "costs" : "cost";
  return (
    `${other.name} ${verb} ` +
    `${waits.length === 0 ? `guests and ioctls as much as ${base.name}` : waits.join(", and ")}`
  );
}

/** "32,832 visitor calls in place of 65,600". */
function changesOf(base: PricedRun, other: PricedRun, id: "guest" | "ioctl"): string[] {
  if (base.modelled !== null && other.modelled !== null) {
    const [before, after] = [formatNs(base.modelled.totalsNs[id]), formatNs(other.modelled.totalsNs[id])];
    return before === after ? [] : [`${after} in place of ${before}`];
  }
  return SAID.flatMap(({ figure, one }) => {
    const [before, after] = [figureOf(figure, base.totals[id]), figureOf(figure, other.totals[id])];
    return before === after ? [] : [`${counted(after, one)} in place of ${formatCount(before)}`];
  });
}

function counted(count: number, one: string): string {
  return `${count === 0 ? "no" : formatCount(count)} ${count === 1 ? one : `${one}s`}`;
}

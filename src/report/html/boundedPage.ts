import type { Mmu } from "../../mmu/contract.js";
import type { InterleaveFault } from "../../mmu/interleave.js";
import type { ExhaustiveResult } from "../../verify/exhaustive.js";
import type { InterleaveResult } from "../../verify/interleave.js";
import { columnsOf } from "../columns.js";
import { exhaustiveFaults, exhaustiveFaultWords } from "../exhaustiveText.js";
import { longFinding } from "../findings.js";
import { scheduleText } from "../interleaveText.js";
import type { Cell, Group, Page, Section } from "./page.js";

const NOTES = ["Exact within the bound, and nothing is claimed beyond it: every case of it was tried."];

/**
 * The page of an exhaustive search: the bound, what each strategy is right and wrong on, and the
 * smallest case of each fault.
 */
export function exhaustivePage(result: ExhaustiveResult, mmu: Mmu): Page {
  const faults = exhaustiveFaults(result).map(({ whose, fault }) => ({
    title: `${whose}: ${fault.kind}`,
    lead: `On ${fault.combinations} combinations. The smallest: ${fault.words}.`,
    alarm: exhaustiveFaultWords(fault, mmu),
    listing: fault.scenario === null ? undefined : JSON.stringify(fault.scenario, null, 2),
  }));
  const rows = result.strategies.map(({ strategy, combinations, failing }) => [strategy, combinations, failing]);
  return {
    title: `An exhaustive search, bound ${result.bound}`,
    lead: `${result.text}.`,
    facts: [{ name: "MMU", value: mmu.title }],
    groups: [tally(mmu, "combinations", rows), ...faults.map(faultGroup)],
    notes: NOTES,
  };
}

/**
 * The page of an interleaving search: the bound, the runs that go wrong, and the smallest schedule
 * of each fault.
 */
export function interleavePage(result: InterleaveResult, mmu: Mmu): Page {
  const own = result.strategies.flatMap(({ strategy, faults }) =>
    faults.map((fault) => scheduled(strategy, strategy, fault, result, mmu)),
  );
  const kernels = result.strategies.flatMap(({ strategy, kernelFaults }) =>
    kernelFaults.map((fault) => scheduled("Linux itself", strategy, fault, result, mmu)),
  );
  const first = kernels.filter(({ title }, i) => kernels.findIndex((one) => one.title === title) === i);
  const rows = result.strategies.map(({ strategy, runs, failing, faults }) => [
    strategy,
    runs,
    failing,
    faults.length === 0 ? "right within the bound" : "WRONG",
  ]);
  return {
    title: `Against a guest that moves, up to ${result.actions} actions`,
    lead: `${result.text}.`,
    facts: [
      { name: "MMU", value: mmu.title },
      { name: "dirty tracking", value: result.dirtyTracking },
    ],
    groups: [tally(mmu, "runs", rows), ...[...own, ...first].map(faultGroup)],
    notes: NOTES,
  };
}

interface ShownFault {
  readonly title: string;
  readonly lead: string;
  readonly alarm: string;
  readonly listing: string | undefined;
}

function scheduled(
  whose: string,
  strategy: string,
  fault: InterleaveFault,
  result: InterleaveResult,
  mmu: Mmu,
): ShownFault {
  const steps = fault.schedule.map(({ where, action }, i) => `${i + 1}. ${where}: ${action}`);
  const others = steps.length === 0 ? "With nobody else acting." : `${steps.join("; ")}.`;
  return {
    title: `${whose}: ${fault.kind}`,
    lead: `In ${fault.runs} runs. The smallest schedule: ${fault.guest}. ${others}`,
    alarm: longFinding(fault.finding, mmu.findingWords),
    listing: scheduleText(strategy, fault, result, mmu),
  };
}

function tally(mmu: Mmu, unit: string, rows: readonly (readonly Cell[])[]): Group {
  const verdicts = rows.some((row) => row.length > 3) ? ["verdict"] : [];
  return {
    title: mmu.title,
    sections: [
      section(`${unit}, all and wrong`, unit, {
        see: "A strategy with any that go wrong is wrong, but for what comes with Linux.",
        open: true,
        table: { columns: columnsOf(["strategy"], [unit, "wrong"], verdicts), rows },
      }),
    ],
  };
}

function faultGroup({ title, lead, alarm, listing }: ShownFault): Group {
  const see = "Saved in a file, s2split trace --scenario FILE tells it step by step.";
  const sections = listing === undefined ? [] : [section("The smallest", "a file", { see, listing })];
  return { title, lead, alarms: [alarm], sections };
}

function section(title: string, unit: string, rest: Pick<Section, "see"> & Partial<Section>): Section {
  return {
    title,
    unit,
    kind: "exact",
    ...rest,
  };
}

import type { FlowSpec, FlowVariant } from "../contract.js";
import type { FlowPhase, GuestFlow } from "../flow/guestFlow.js";
import { parsePages } from "../slotLayout.js";
import type { RiscvFlowOptions as FlowFlags } from "./about.js";
import { Flow } from "./flow.js";
import type { RiscvFlowInput } from "./flowInput.js";
import { flowLayoutOf } from "./flowLayout.js";
import { GSTAGE_MODES, geometryOf } from "./geometry.js";
import { parseGfn } from "./layout.js";
import type { GStageStrategy } from "./strategy.js";

/** Whole flows on KVM/riscv: lazy splitting against eager, to the end of the VM. */
export const riscvFlows: FlowSpec<GStageStrategy, FlowFlags> = {
  base: 2 ** 30,
  columns: [
    { heading: "slow faults", paths: ["map/calls"] },
    { heading: "fast faults", paths: ["fast/hits"] },
    { heading: "stuck", paths: ["faults/stuck"] },
    {
      heading: "inspected",
      paths: ["writeProtect", "split", "fast", "map", "unmap"].map((walk) => `${walk}/inspected`),
    },
    { heading: "splits", paths: ["split/splits"] },
    { heading: "lock drops", paths: ["split/lockDrops"] },
    { heading: "flushes", paths: ["flush/requests"] },
    { heading: "fences", paths: ["flush/hfenceGpa"] },
    { heading: "full fences", paths: ["flush/hfenceVmidAll"] },
    { heading: "tables lost", paths: ["tablesLost"] },
  ],
  notes: [
    "slow faults map or split under mmu_lock, fast faults set W in one page's entry; fences are those of each vCPU.",
    "stuck: accesses given up after the fourth fault, which the kernel's code would repeat for ever. Found by " +
      "running it in userspace, " +
      "not seen on a running kernel.",
    "tables lost: table pages that are neither freed nor reachable once the VM has ended.",
  ],
  variants: (flow, options) => {
    const { eager, reschedEvery: reschedEveryNPolls = 0, svvptc = "off" } = options;
    const common = { gstage: modeFor(flow, options), svvptc: svvptc === "on", reschedEveryNPolls };
    return [false, true]
      .filter((eagerSplit) => eager === undefined || (eager === "on") === eagerSplit)
      .map((eagerSplit): FlowVariant<GStageStrategy> => {
        const steps = [...flow.steps, { op: "destroy", name: "destroy" } as const];
        const input: RiscvFlowInput = { ...flow, ...common, eagerSplit, steps };
        // Refused before anything runs.
        flowLayoutOf(input);
        const variables = { gstage: common.gstage, eager: eagerSplit ? "on" : "off" };
        return { name: eagerSplit ? "eager" : "lazy", variables, run: (strategy, how) => phases(input, strategy, how) };
      });
  },
};

/** The mode asked for, or the first that the memory fits. */
function modeFor({ slots }: GuestFlow, { gstage }: FlowFlags) {
  if (gstage !== undefined) return gstage;
  const end = Math.max(...slots.map(({ base, size }) => parseGfn(base, "base") + parsePages(size, "size", 4096)));
  return GSTAGE_MODES.find((mode) => end <= geometryOf(mode).endGfn) ?? GSTAGE_MODES.at(-1)!;
}

function phases(
  input: RiscvFlowInput,
  strategy: GStageStrategy,
  { digest, onStep }: { readonly digest: boolean; readonly onStep: (phase: string) => void },
): FlowPhase[] {
  const flow = new Flow(input, strategy, digest);
  return input.steps.flatMap((step) => {
    onStep(step.name);
    return flow.run(step).map(({ phase, counts, flushes, state }): FlowPhase => {
      const flush = flushes.requests === 0 ? {} : { flush: flushes.counts() };
      return { phase, counts: { ...counts, ...flush }, state };
    });
  });
}

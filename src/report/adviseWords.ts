import { type Advice, type AdviceRequest, TRIED_PERCENTS } from "../advise/advise.js";
import type { Recommendation } from "../advise/recommend.js";
import type { AdviceRow } from "../advise/row.js";
import type { Style } from "./style.js";
import { formatCount, formatNs } from "./units.js";

const MODES = {
  enable: "enable mode (no manual protect)",
  clear: "clear mode (manual protect, initially-all-set; QEMU's)",
} as const;

/** What to set in one mode, why, and from where on the answer is another. */
export function recommendation(
  one: Recommendation,
  advice: Advice,
  request: AdviceRequest,
  wins: readonly number[] | undefined,
  style: Style,
): string {
  const several = request.strategies.length > 1 ? `${one.strategy}, ` : "";
  const what =
    one.chunk === null
      ? "no recommendation"
      : one.chunk === "0"
        ? "leave eager splitting off"
        : `split eagerly, chunk ${one.chunk}`;
  const own = advice.rows.filter((row) => row.mode === one.mode && row.strategy === one.strategy);
  const wrong = own.filter((row) => row.findings.length > 0);
  const lines = [`${style.chalk.bold(`${several}${MODES[one.mode]}: ${what}.`)} ${reason(one, wrong.length > 0)}`];
  if (wrong.length > 0) {
    const chunks = wrong.map((row) => row.chunk).join(", ");
    lines.push(
      style.chalk.red(`  Not to choose from: chunk ${chunks}, which ${one.strategy} splits WRONG (see above).`),
    );
  }
  if (wins !== undefined) lines.push(`  ${sensitivity(wins, request.writePercent)}`);
  if (one.chunk !== null) lines.push(`  ${crossover(one)}`);
  if (one.mode === "clear" && one.chunk !== null) {
    lines.push(`  QEMU: -accel kvm,eager-split-size=${one.chunk}${one.chunk === "0" ? " (its default)" : ""}`);
  }
  if (request.vcpus > 1 && one.reason.code === "eager-costs-less") {
    const elapsed = (chunk: string | null) => own.find((row) => row.chunk === chunk)!.guest!.elapsedNs;
    lines.push(
      `  The guest's first pass takes ${formatNs(elapsed(one.chunk))} in place of ${formatNs(elapsed("0"))} on ` +
        `each of ${request.vcpus} vCPUs.`,
    );
  }
  return lines.join("\n");
}

/** @param someWrong whether choices were left out as wrong */
function reason({ reason: why, mode }: Recommendation, someWrong: boolean): string {
  switch (why.code) {
    case "nothing-to-split":
      return why.costNs > 0
        ? "The memory is mapped in pages already: eager splitting would find nothing to split and walk it for " +
            `${formatNs(why.costNs)}.`
        : "The memory is mapped in pages already: there is nothing to split.";
    case "off-costs-less":
      return why.faultsSaved === 0
        ? `It would save no fault, and move the work into the ioctl: ${formatNs(why.eagerNs)} in all against ` +
            `${formatNs(why.offNs)}.`
        : `It would save ${count(why.faultsSaved, "fault")}, and cost more in all: ${formatNs(why.eagerNs)} ` +
            `against ${formatNs(why.offNs)}.`;
    case "no-eager":
      return why.wrong === 0 ? "No chunk was given to compare it with." : "No chunk that was compared is split right.";
    case "eager-costs-less":
      return (
        `It saves ${count(why.faultsSaved, "guest fault")} and ${count(why.tlbisSaved, "broadcast TLBI")} of vCPUs: ` +
        `ioctls and all vCPUs' first pass cost ${formatNs(why.eagerNs)} in place of ${formatNs(why.offNs)}.`
      );
    case "eager-holds-too-long": {
      const stall = why.stallNs === null ? "" : `, and stalls the guest for ${formatNs(why.stallNs)}`;
      return (
        `Chunk ${why.chunk} would cost less in all, but holds mmu_lock for ${formatNs(why.holdNs)}${stall}: longer ` +
        "than allowed."
      );
    }
    case "only-within-hold": {
      const holds = ({ longestHold, stall }: AdviceRow) =>
        `${formatNs(longestHold.ns)}${stall === null ? "" : ` (guest stall ${formatNs(stall.longestNs)})`}`;
      return (
        `Off holds mmu_lock for ${holds(why.off)}, longer than allowed; this for ${holds(why.chosen)}. It does not ` +
        "cost less in all."
      );
    }
    case "none-within-hold": {
      const { chunk, longestHold } = why.least;
      return (
        `Every ${someWrong ? "right choice" : "choice"} holds mmu_lock longer than allowed; the shortest is ` +
        `${formatNs(longestHold.ns)} with ` +
        `${chunk === "0" ? "eager splitting off" : `chunk ${chunk}`}.` +
        (mode === "enable" ? " Write-protecting a whole memslot is one hold, whatever the chunk." : "")
      );
    }
    case "not-priced":
      return "The profile has no cost for something that decides it (see below): take another, or calibrate one.";
  }
}

/** The vCPU counts from which the answer is another. */
function crossover({ changes, chunk }: Recommendation): string {
  if (changes.length === 0) return "On the same memory the answer is the same for 1 to 512 vCPUs.";
  const said = (of: string | null) => (of === null ? "none" : of === "0" ? "off" : of);
  const list = changes.map((one) => `from ${one.fromVcpus} vCPUs ${said(one.chunk)}`).join(", ");
  return (
    "For the same memory with other vCPUs: " +
    `${list}${changes.some((one) => one.chunk === chunk) ? "" : " (tried up to 512)"}.`
  );
}

function sensitivity(wins: readonly number[], given: number): string {
  const tried = "tried: 1, 2, 5, 10 to 100";
  if (wins.length === 0) return `Off costs less in all at every write percentage (${tried}).`;
  if (wins.length === TRIED_PERCENTS.length) {
    return `Eager splitting costs less in all at every write percentage (${tried}).`;
  }
  const first = TRIED_PERCENTS.indexOf(wins[0]!);
  const gapless = TRIED_PERCENTS.indexOf(wins.at(-1)!) === first + wins.length - 1;
  const range = gapless && wins.length > 1 ? `${wins[0]} to ${wins.at(-1)}` : wins.join(", ");
  return `Eager splitting costs less in all at write percentages ${range} (${tried}; given: ${given}).`;
}

/** "1 broadcast TLBI", "32,768 broadcast TLBIs". */
function count(number: number, one: string): string {
  return `${formatCount(number)} ${number === 1 ? one : `${one}s`}`;
}

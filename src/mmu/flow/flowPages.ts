import { badInput } from "../../errors.js";
import { formatAddress } from "../../guest/sizes.js";
import { neighbours } from "../sorted.js";
import type { GuestFlow } from "./guestFlow.js";
import { type FrameRange, pageFinder, pagesIn } from "./slots.js";

/** The pages of a flow's guest, counted through all slots in address order. */
export interface FlowPages {
  /** The MMU's pages in all slots. */
  readonly npages: number;
  /** Accesses of each vCPU's pass, and the modulus of its random pages. */
  readonly passPages: number;
  /** The MMU's page to frame. */
  readonly gfnOfPage: (page: number) => number;
  /** The guest's own page, of which each access touches one, to frame. */
  readonly gfnOfGuestPage: (page: number) => number;
}

type PagesInput = Pick<GuestFlow, "vcpus" | "partitioned" | "pagesPerVcpu"> & {
  readonly steps: readonly { readonly op: string; readonly guests?: unknown }[];
};

/** @throws UserError for slots that overlap, and passes that reach beyond memory */
export function flowPages(
  { vcpus, partitioned, pagesPerVcpu, steps }: PagesInput,
  slots: readonly FrameRange[],
  pageBytes: number,
  guestPageBytes: number,
): FlowPages {
  if (!Number.isInteger(vcpus) || vcpus < 1) throw badInput("vcpus", `is ${vcpus}`, "at least 1");
  const ascending = [...slots].sort((a, b) => a.startGfn - b.startGfn);
  for (const [below, above] of neighbours(ascending)) {
    if (above.startGfn >= below.endGfn) continue;
    const at = formatAddress(above.startGfn * pageBytes);
    throw badInput(`the slot at ${at}`, "overlaps another", "memslots that do not overlap");
  }
  const npages = pagesIn(slots);
  const needed = pagesPerVcpu * vcpus * guestPageBytes;
  const hasPasses = steps.some(({ op, guests }) => op === "guest" || (op === "disable" && guests));
  if (hasPasses && !(needed <= npages * pageBytes)) {
    throw badInput(
      `${vcpus} vCPUs with ${pagesPerVcpu} pages each`,
      `need ${needed} bytes`,
      `at most the ${npages * pageBytes} bytes of the memslots`,
    );
  }
  const gfnOfPage = pageFinder(ascending);
  const ratio = guestPageBytes / pageBytes;
  return {
    npages,
    passPages: partitioned ? pagesPerVcpu : pagesPerVcpu * vcpus,
    gfnOfPage,
    gfnOfGuestPage: ratio === 1 ? gfnOfPage : (page) => gfnOfPage(Math.floor(page * ratio)),
  };
}

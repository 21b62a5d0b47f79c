import type { GuestOptionTable } from "../guestOptions.js";

/** Heading of the options that only x86 has. */
export const x86Group = "Guest of x86:";

/** Options that both MMUs of x86 read. */
export const x86Options = {
  target: {
    flags: "--target <size>",
    description: "x86: split down to 4k (default) or 2m",
    group: x86Group,
    value: { kind: "choice", choices: ["4k", "2m"] },
    workloads: ["split"],
  },
} as const satisfies GuestOptionTable;

import type { Finding } from "../../mmu/finding.js";
import type { SmallVm } from "../../mmu/interleave/vm.js";
import type { Provoked } from "./provoked.js";

/**
 * What userspace knows of a small VM, made untrue while all is quiet.
 *
 * @param quiet damages a VM of a guest whose first page is mapped, and says what is found
 */
export function quietDamages(quiet: (damage: (vm: SmallVm) => void) => readonly Finding[]) {
  return {
    "dirty-page-lost": {
      provoke: () =>
        quiet((vm) => {
          vm.logging = true;
          vm.dirty = 0xfffe;
          vm.written = 1;
        }),
      says: "dirty page lost at 0x0",
    },
    "still-mapped": {
      provoke: () =>
        quiet((vm) => {
          vm.gone = 0b100;
        }),
      says: "still mapped at 0x2000",
    },
  } satisfies Readonly<Record<string, Provoked>>;
}

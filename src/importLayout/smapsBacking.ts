import { badInput } from "../errors.js";
import { type Granule, legalChunks } from "../guest/geometry.js";
import { formatSize } from "../guest/sizes.js";
import type { Vma } from "./smapsText.js";

/** How one mapping is backed, in bytes; positions inside it are not known. */
export interface Backing {
  /** Size of its large leaves at stage 2, and bytes of them. */
  readonly largeLeaf: number;
  readonly large: number;
  /** In memory as base pages. */
  readonly pages: number;
  /** Not in memory: never touched, or swapped out. */
  readonly absent: number;
}

/**
 * The amounts of one mapping.
 *
 * Huge pages that are mapped whole: AnonHugePages, ShmemPmdMapped and FilePmdMapped, or, of a
 * hugetlb mapping, all that is present, by its page size. A page size which is no leaf of the
 * granule (contiguous 64K, 16G) counts as the largest leaf below.
 */
export function backingOf(vma: Vma, granule: Granule, input: string): Backing {
  const size = vma.end - vma.start;
  const [page, pmd] = legalChunks(granule);
  const hugetlb = vma.sharedHugetlb + vma.privateHugetlb;
  const name = `${input} line ${vma.line}`;
  if (vma.start % page !== 0 || size % page !== 0)
    throw badInput(name, `no whole ${granule} pages`, "another --granule");
  if (hugetlb > 0 || vma.kernelPageSize > page) {
    if (hugetlb > size || hugetlb % page !== 0)
      throw badInput(name, `${formatSize(hugetlb)} of hugetlb do not fit it`, "amounts of its pages");
    const largest = Math.max(page, vma.kernelPageSize);
    const leaf = Math.max(...legalChunks(granule).filter((bytes) => bytes <= largest));
    return leaf === page
      ? { largeLeaf: pmd, large: 0, pages: hugetlb, absent: size - hugetlb }
      : { largeLeaf: leaf, large: hugetlb, pages: 0, absent: size - hugetlb };
  }
  const large = vma.anonHugePages + vma.shmemPmdMapped + vma.filePmdMapped;
  if (large > vma.rss || vma.rss > size) {
    throw badInput(
      name,
      `${formatSize(large)} in huge pages, ${formatSize(vma.rss)} in memory, ${formatSize(size)} in all`,
      "amounts that fit",
    );
  }
  // A huge page at its border, or one that this granule does not have, is left to pages.
  const whole = Math.floor(large / pmd) * pmd;
  const rss = Math.floor(vma.rss / page) * page;
  return { largeLeaf: pmd, large: whole, pages: rss - whole, absent: size - rss };
}

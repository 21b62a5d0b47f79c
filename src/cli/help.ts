import { Command, Help, type HelpConfiguration, type Option } from "commander";

/**
 * Headings of `--help` in their order, and the options that stand under each, in every command: one
 * name means the same everywhere.
 */
const HEADINGS: readonly (readonly [heading: string, options: RegExp])[] = [
  ["Options:", /^$/],
  ["Guest:", /^(?:mmu|scenario|stats)$/],
  ["Search:", /^(?:random|exhaustive|bound|interleave|actions|dirty-tracking)$/],
  ["Sampling:", /^(?:runs|time|wall|warmup|pairs)$/],
  ["Sharing the work:", /^(?:shard|jobs)$/],
  ["Output:", /^(?:json|format|output|force|save|quiet|long|full|all|plot|digest|limit|export-.*)$/],
  ["Gate:", /^(?:strict|baseline|max-increase|wall-threshold|alpha|allow-missing|any-environment)$/],
  ["Of every command:", /^(?:help|version|color)$/],
];

function headingOf(option: Option): string {
  const name = option.long?.replace(/^--(?:no-)?/, "") ?? "";
  return option.helpGroupHeading ?? HEADINGS.find(([, options]) => options.test(name))?.[0] ?? "Options:";
}

/**
 * Where a heading stands: those that MMUs declare follow the guest's, in the order of their
 * options.
 */
function rankOf(heading: string): number {
  const rank = HEADINGS.findIndex(([known]) => known === heading);
  return rank < 0 ? 1.5 : rank;
}

/**
 * How `--help` is laid out: options by what they are for, those of every command last, commands as
 * they are declared.
 */
export const helpLayout: HelpConfiguration = {
  visibleOptions(command): Option[] {
    return [...Help.prototype.visibleOptions.call(this, command), ...(command.parent?.options ?? [])];
  },
  groupItems(_declared, visible, getGroup) {
    const heading: typeof getGroup = (item) => (item instanceof Command ? getGroup(item) : headingOf(item));
    const groups = new Map<string, typeof visible>();
    for (const item of visible.toSorted((one, other) => rankOf(heading(one)) - rankOf(heading(other)))) {
      groups.set(heading(item), [...(groups.get(heading(item)) ?? []), item]);
    }
    return groups;
  },
};

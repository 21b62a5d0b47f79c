import type { Figure, Page } from "../report/html/page.js";

/**
 * A page without its drawings, which have tests of their own (`charts.test.ts`).
 *
 * @param told what is left of each figure
 */
export function undrawn({ groups, ...page }: Page, told: (figure: Figure) => unknown) {
  return {
    ...page,
    groups: groups.map(({ sections, ...group }) => ({
      ...group,
      sections: sections.map(({ figures, steps: _, ...section }) => ({ ...section, figures: figures?.map(told) })),
    })),
  };
}

/** What a figure says to those who cannot see it. */
export function descriptionOf({ svg }: Figure): string | undefined {
  return /<desc[^>]*>([^<]*)/.exec(svg.text)?.[1];
}

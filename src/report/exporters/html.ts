import type { ResultFile } from "../../results/types.js";
import type { Mmus } from "../benchTable.js";

/** One self-contained page with pictures. What draws it is loaded only where it is asked for. */
export async function toHtml(result: ResultFile, mmus: Mmus): Promise<string> {
  const [{ benchPage }, { renderPage }] = await Promise.all([
    import("../html/benchPage.js"),
    import("../html/render.js"),
  ]);
  return renderPage(await benchPage(result, mmus));
}

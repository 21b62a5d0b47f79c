// Runs within a page under test; see browser.ts.

// biome-ignore lint/correctness/noUnusedVariables: called by name
function layoutDefects() {
  const defects = [];
  const scroller = document.scrollingElement;
  if (scroller.scrollWidth > scroller.clientWidth) {
    defects.push(`scrolls sideways: ${scroller.scrollWidth} in ${scroller.clientWidth}`);
  }
  for (const entry of document.querySelectorAll("nav li")) {
    const most = entry.getBoundingClientRect().right + 1;
    const text = document.createRange();
    text.selectNodeContents(entry);
    if (text.getBoundingClientRect().right > most) defects.push(`reaches into the next column: ${entry.textContent}`);
  }
  for (const svg of document.querySelectorAll("main figure svg")) {
    if (svg.closest(".off, details:not([open])") !== null) continue;
    const box = svg.getBoundingClientRect();
    const name = svg.querySelector("title").textContent;
    if (box.width < 50 || box.height < 20) defects.push(`no size: ${name}, ${box.width} x ${box.height}`);
    const labels = [...svg.querySelectorAll("text")]
      .map((text) => ({ text: text.textContent, box: text.getBoundingClientRect() }))
      .filter((label) => label.box.width > 0);
    for (const { text, box: own } of labels) {
      if (own.left < box.left - 3 || own.right > box.right + 3) defects.push(`cut off: "${text}" in ${name}`);
      if (own.height < 8) defects.push(`too small to read: "${text}" in ${name}, ${own.height}px`);
    }
    labels.forEach((a, i) => {
      for (const b of labels.slice(i + 1)) {
        const across = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left);
        const down = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top);
        if (across > 1 && down > 3) defects.push(`on each other: "${a.text}" and "${b.text}" in ${name}`);
      }
    });
  }
  return [...new Set(defects)].slice(0, 20);
}

// biome-ignore lint/correctness/noUnusedVariables: called by name
async function accessViolations(rules) {
  // What is within a drawing is presentational: its name is its title, and its colours are held to
  // the palette's contrast elsewhere. Taken out, for axe-core goes over thousands of marks to say
  // nothing of them.
  for (const mark of document.querySelectorAll("figure svg > :not(title, desc)")) mark.remove();
  const { violations } = await globalThis.axe.run(document, {
    resultTypes: ["violations"],
    runOnly: rules,
  });
  return violations.map(({ id, nodes }) => {
    const { html, failureSummary } = nodes[0];
    return `${id}: ${nodes.length} x ${html.slice(0, 200)} ${failureSummary}`;
  });
}

// biome-ignore lint/correctness/noUnusedVariables: called by name
function pageTables() {
  return [...document.querySelectorAll(".picture")].map((section) => ({
    group: section.closest(".group").querySelector("h2").textContent,
    title: section.querySelector("h3").textContent,
    head: [...section.querySelectorAll("thead th")].map((cell) => cell.textContent),
    rows: [...section.querySelectorAll("tbody tr")].map((row) =>
      [...row.cells].map((cell) => (cell.dataset.value === undefined ? cell.textContent : Number(cell.dataset.value))),
    ),
  }));
}

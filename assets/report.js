// What a report gains where scripts run: tooltips, sorting, scales, strategies hidden, a walk step
// by step. Without, everything can be read all the same.

const all = (selector, root = document) => [...root.querySelectorAll(selector)];

/** A button, pressed or not. */
function button(text, pressed, press) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = text;
  if (pressed !== null) made.setAttribute("aria-pressed", String(pressed));
  made.addEventListener("click", () => press(made));
  return made;
}

/**
 * The browser's own tooltips come late, and never to a finger: marks tell what they are in one of
 * ours.
 */
function tooltips() {
  const tip = document.createElement("div");
  tip.id = "tip";
  tip.setAttribute("aria-hidden", "true");
  document.body.append(tip);
  let titled = null;
  const show = (event) => {
    const mark = event.target instanceof Element ? event.target.closest("figure svg *") : null;
    if (titled !== null && titled.mark !== mark) {
      titled.mark.append(titled.title);
      titled = null;
      tip.textContent = "";
    }
    const title = mark === null ? null : mark.querySelector(":scope > title");
    if (title !== null) {
      titled = { mark, title };
      title.remove();
      tip.textContent = title.textContent;
    }
    if (titled === null) return;
    const { width, height } = tip.getBoundingClientRect();
    tip.style.left = `${Math.max(4, Math.min(event.clientX + 12, document.documentElement.clientWidth - width - 4))}px`;
    tip.style.top = `${event.clientY - height - 12 < 0 ? event.clientY + 18 : event.clientY - height - 12}px`;
  };
  document.addEventListener("pointermove", show);
  document.addEventListener("pointerdown", show);
}

/**
 * Sorts the rows of a table by a column: figures by value, largest first, then the other way round.
 */
function sorting() {
  for (const table of all("table")) {
    const body = table.tBodies[0];
    if (body.rows.length < 2) continue;
    const keyOf = (row, at) => {
      const value = row.cells[at].dataset.value;
      return value === undefined ? row.cells[at].textContent : Number(value);
    };
    const order = (a, b) =>
      typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b));
    all("thead th", table).forEach((head, at) => {
      const sort = button(head.textContent, null, () => {
        const down = head.getAttribute("aria-sort") === "ascending" || (!head.ariaSort && head.className === "n");
        for (const other of all("th[aria-sort]", table)) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const rows = [...body.rows].sort((a, b) => order(keyOf(a, at), keyOf(b, at)) * (down ? -1 : 1));
        body.append(...rows);
      });
      head.replaceChildren(sort);
    });
  }
}

/** Offers both scales where a picture has both. */
function scales() {
  for (const picture of all(".picture")) {
    if (all("[data-scale]", picture).length === 0) continue;
    const tools = document.createElement("div");
    tools.className = "tools";
    tools.setAttribute("role", "group");
    tools.setAttribute("aria-label", "Scale");
    const buttons = ["log", "linear"].map((scale) =>
      button(`${scale} scale`, scale === "log", (pressed) => {
        for (const one of buttons) one.setAttribute("aria-pressed", String(one === pressed));
        for (const drawing of all("[data-scale]", picture))
          drawing.classList.toggle("off", drawing.dataset.scale !== scale);
      }),
    );
    tools.append(...buttons);
    picture.querySelector(".figures").before(tools);
  }
}

/** Entries of a key hide their marks. */
function hiding() {
  for (const entry of all("[data-hides]")) {
    const picture = entry.closest(".picture");
    const mark = entry.dataset.hides;
    const toggle = button("", true, () => {
      const shown = toggle.getAttribute("aria-pressed") !== "true";
      toggle.setAttribute("aria-pressed", String(shown));
      for (const one of all(`.figures .${mark}`, picture)) one.classList.toggle("off", !shown);
    });
    toggle.append(...entry.childNodes);
    entry.append(toggle);
  }
}

/** Folded figures are printed too. */
function printing() {
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = all("details:not([open])");
    for (const one of opened) one.open = true;
  });
  addEventListener("afterprint", () => {
    for (const one of opened) one.open = false;
  });
}

/**
 * Steps through a walk: a button on and back, a slider, play, and a button to where address and
 * index part.
 */
function walks() {
  for (const player of all("[data-walk]")) {
    const walk = JSON.parse(player.querySelector("script").textContent);
    const drawing = player.querySelector("figure > div");
    const told = player.querySelector(".step");
    const tools = document.createElement("div");
    tools.className = "tools";
    const slider = document.createElement("input");
    Object.assign(slider, { type: "range", min: 0, max: walk.level.length - 1, step: 1, value: player.dataset.walk });
    slider.setAttribute("aria-label", "Step of the walk");
    let timer = null;
    const show = (to) => {
      const at = Math.max(0, Math.min(walk.level.length - 1, to));
      slider.value = at;
      drawing.innerHTML = drawWalk(walk, at);
      told.textContent = `Step ${at + 1} of ${walk.level.length}: ${walk.words[walk.word[at]]}, at ${hex(walk, walk.entry[at])}`;
      told.classList.toggle("bad", walk.outside[at] === 1);
    };
    const stop = () => {
      clearInterval(timer);
      timer = null;
      play.textContent = "Play";
    };
    const by = (steps) => () => {
      stop();
      show(Number(slider.value) + steps);
    };
    const play = button("Play", null, () => {
      if (timer !== null) return stop();
      play.textContent = "Pause";
      timer = setInterval(() => {
        if (Number(slider.value) >= walk.level.length - 1) stop();
        else show(Number(slider.value) + 1);
      }, 150);
    });
    tools.append(button("Back", null, by(-1)), play, button("Step", null, by(1)));
    const astray = walk.outside.indexOf(1);
    if (astray >= 0)
      tools.append(button("Where address and index part", null, () => by(astray - Number(slider.value))()));
    tools.append(slider);
    slider.addEventListener("input", () => by(0)());
    player.prepend(tools);
    show(Number(player.dataset.walk));
  }
}

tooltips();
sorting();
scales();
hiding();
printing();
walks();

// Draws the figures, shows and hides lines, follows the reader's theme. Nothing is loaded from elsewhere.
(() => {
  "use strict";
  const { figures, choices, pictures } = JSON.parse(document.getElementById("figures").textContent);
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const narrow = matchMedia("(max-width: 40rem)");
  let printing = false, revision = 0;

  const theme = () =>
    dark.matches && !printing ? { ink: "#d5dade", line: "#343b43", card: "#1b1f23" } : { ink: "#3c444d", line: "#dfe3e7", card: "#ffffff" };

  const axis = (own, { ink, line }) => ({
    gridcolor: line, zerolinecolor: line, linecolor: line, tickfont: { color: ink }, automargin: true, ...own,
    title: { standoff: 8, ...own?.title, font: { color: ink, size: 13 } },
  });

  // Paper is narrower than the window that the figures were drawn for, and does not say so in time.
  const paper = (div) => Math.floor(670 / (div.parentElement.matches(".pair, .triple") ? div.parentElement.children.length : 1));

  function layout(own, div) {
    const colours = theme();
    return {
      ...own,
      ...(printing ? { width: paper(div), autosize: false } : { autosize: true }),
      datarevision: ++revision, // else the library thinks that nothing changed and forgets the axes' range
      xaxis: axis(own.xaxis, colours),
      yaxis: axis(own.yaxis, colours),
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      font: { family: "system-ui, sans-serif", size: 12, color: colours.ink },
      hoverlabel: { bgcolor: colours.card, bordercolor: colours.line, font: { color: colours.ink } },
      margin: { l: 50, r: 12, t: 12, b: 46, ...own.margin },
      showlegend: false,
      dragmode: narrow.matches ? false : own.dragmode ?? "zoom",
    };
  }

  const panel = document.getElementById("shown");
  const boxes = (name) => [...(panel?.querySelectorAll(`input[name=${name}]`) ?? [])];
  const checked = (name) => new Set(boxes(name).filter((box) => box.checked).map((box) => box.value));

  function visible(traces) {
    const arms = checked("arm"), kinds = checked("kind");
    return traces.map(({ meta }) => !meta || (arms.has(String(meta.arm)) && (!meta.kind || kinds.has(meta.kind))));
  }

  // A figure may have one set of traces for each choice of a menu (an arm, say).
  const chosen = (div) => document.querySelector(`select[data-for="${div.dataset.menu}"]`)?.value;

  function draw(div) {
    const figure = figures[div.dataset.figure];
    const part = choices[div.dataset.figure]?.[chosen(div)] ?? figure;
    div.setAttribute("aria-label", part.words);
    const shown = visible(part.data);
    const data = part.data.map((trace, i) => ({ ...trace, visible: shown[i] }));
    const made = layout({ ...figure.layout, ...part.layout }, div);
    if ("log" in div.dataset && panel?.elements.log?.checked) made.yaxis = { ...made.yaxis, type: "log", range: null, autorange: true };
    if ("epochs" in div.dataset) {
      const first = panel.elements.first.valueAsNumber, last = panel.elements.last.valueAsNumber;
      if (first < last && !(first === 1 && panel.elements.last.max === String(last))) made.xaxis = { ...made.xaxis, range: [first - 0.3, last + 0.3] };
    }
    return Plotly.react(div, data, made, { displayModeBar: false, responsive: true, doubleClick: "reset" });
  }

  function showChosen(menu) {
    for (const part of document.querySelectorAll(`[data-choice-of="${menu.dataset.for}"]`)) part.hidden = part.dataset.choice !== menu.value;
  }
  document.querySelectorAll("select[data-for]").forEach(showChosen);
  for (const image of document.querySelectorAll("img[data-picture]")) image.src = pictures[image.dataset.picture];

  const divs = [...document.querySelectorAll("[data-figure]")];
  const drawAll = async () => {
    const page = document.documentElement;
    page.removeAttribute("data-drawn");
    await Promise.all(divs.map(draw));
    page.setAttribute("data-drawn", "");
  };

  panel?.addEventListener("input", drawAll);
  panel?.addEventListener("reset", () => {
    document.documentElement.removeAttribute("data-drawn");
    setTimeout(drawAll); // the boxes are still what they were
  });
  panel?.addEventListener("submit", (event) => event.preventDefault());
  for (const menu of document.querySelectorAll("select[data-for]"))
    menu.addEventListener("change", () => {
      showChosen(menu);
      divs.filter((div) => div.dataset.menu === menu.dataset.for).forEach(draw);
    });
  for (const all of document.querySelectorAll("button[data-check]"))
    all.addEventListener("click", () => {
      boxes("arm").forEach((box) => { box.checked = all.dataset.check === "all" || box.defaultChecked; });
      drawAll();
    });
  for (const button of document.querySelectorAll("button[data-copy]"))
    button.addEventListener("click", async () => {
      const code = document.getElementById(button.dataset.copy);
      try {
        await navigator.clipboard.writeText(code.textContent);
      } catch {
        getSelection().selectAllChildren(code); // a page opened as a file may not be let near the clipboard
      }
      button.textContent = button.dataset.done;
    });

  dark.addEventListener("change", drawAll);
  narrow.addEventListener("change", drawAll);
  addEventListener("beforeprint", () => { printing = true; drawAll(); });
  addEventListener("afterprint", () => { printing = false; drawAll(); });
  drawAll();
})();

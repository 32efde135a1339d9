// The colours of the plots, light and dark: those of the page.

function paintPlots() {
  if (!plots.document) return;
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  const [ink, soft, rule, event] = ["ink", "soft", "hair", "events"].map(colour);
  const shades = ramp(colour("panel"), event);
  for (const one of content.signals) if (one.form === "events" || one.form === "counts") model(`shades:${one.name}`).palette = shades;
  for (const plot of plots.document.roots()) {
    const axes = [...plot.below, ...plot.left];
    const look = {major_label_text_color: soft, axis_label_text_color: soft, axis_line_color: rule, major_tick_line_color: rule};
    for (const axis of axes) axis.setv(look);
    for (const grid of plot.center) if (grid.type === "Grid" && grid.grid_line_color !== null) grid.grid_line_color = rule;
    for (const bar of plot.right) bar.setv({major_label_text_color: soft, title_text_color: ink});
    for (const renderer of plot.renderers) if (renderer.glyph.type === "Scatter") renderer.glyph.line_color = {value: event};
  }
}

// Shades from a third of a colour to all of it: a lone event is seen.
function ramp(paper, ink) {
  const parts = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16)), [from, to] = [parts(paper), parts(ink)];
  const mixed = (t) => from.map((value, i) => Math.round(value + (to[i] - value) * t));
  return Array.from({length: 32}, (_, i) => "#" + mixed(0.3 + 0.7 * i / 31).map((v) => v.toString(16).padStart(2, "0")).join(""));
}

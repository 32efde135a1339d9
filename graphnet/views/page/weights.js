// Weights as an image.

function showWeights(name) {
  const images = (content.layers[name] || {}).weights || [];
  byId("weights").hidden = !images.length || !plots.document;
  if (byId("weights").hidden) return;
  const choose = (one, pressed) => {
    for (const other of byId("weights-choice").children) other.setAttribute("aria-pressed", other === pressed);
    drawWeights(one);
  };
  const buttons = images.map((one) => {
    const made = make("button", {type: "button", "aria-pressed": false, onclick: () => choose(one, made)}, one.name);
    return made;
  });
  byId("weights-choice").replaceChildren(...buttons);
  byId("weights-choice").hidden = images.length < 2;
  choose(images[0], buttons[0]);
}

function drawWeights(one) {
  const [rows, columns] = one.shape, [tall, wide] = one.block;
  const cut = tall * wide > 1 ? `; each cell is the weight of greatest magnitude of ${tall} × ${wide}` : "";
  byId("weights-title").textContent = one.name;
  byId("weights-words").textContent = `${rows} × ${columns}, magnitudes up to ${Number(one.reach.toPrecision(4))}${cut}`;
  const plot = model("weights"), shades = model("weights-shades"), reach = one.reach || 1;
  shades.setv({low: -reach, high: reach});
  const values = new plots.NDArray(numbers(one.data, Float32Array), [one.rows, one.columns]);
  model("weights-cells").data = {image: [values], x: [-0.5], y: [-0.5], dw: [one.columns * wide], dh: [one.rows * tall]};
  plot.x_range.setv({start: -0.5, end: columns - 0.5, reset_start: -0.5, reset_end: columns - 0.5});
  plot.y_range.setv({start: rows - 0.5, end: -0.5, reset_start: rows - 0.5, reset_end: -0.5});
}

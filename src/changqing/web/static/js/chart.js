// Charts: draws each [data-chart] from the option beside it, in the theme's inks, walked by arrow keys.
// ECharts is fetched only by a page that has a chart.

const drawn = new Map();

function fetchECharts() {
  if (window.echarts) return Promise.resolve();
  fetchECharts.once ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = document.documentElement.dataset.echarts;
    script.onload = resolve;
    script.onerror = reject;
    document.head.append(script);
  });
  return fetchECharts.once;
}

const styles = () => getComputedStyle(document.documentElement);
const token = (name) => styles().getPropertyValue(`--${name}`).trim();

// "@c1" anywhere in an option is the token --c1 of the theme in force
function inked(part) {
  if (typeof part === "string") return part.startsWith("@") ? token(part.slice(1)) : part;
  if (Array.isArray(part)) return part.map(inked);
  if (part && typeof part === "object") {
    return Object.fromEntries(Object.entries(part).map(([key, value]) => [key, inked(value)]));
  }
  return part;
}

function axis() {
  const caption = { color: token("ink3"), fontSize: 12 };
  return {
    axisLine: { lineStyle: { color: token("line2") } },
    axisTick: { show: false },
    axisLabel: caption,
    nameTextStyle: caption,
    splitLine: { show: false, lineStyle: { color: token("line-soft") } },
    splitArea: { show: false },
  };
}

function theme() {
  const text = { color: token("ink2"), fontSize: 12, fontFamily: token("face") };
  const marks = { label: { color: token("ink2"), fontSize: 12 } };
  return {
    color: ["c1", "c2", "c3", "c4"].map(token),
    backgroundColor: "transparent",
    textStyle: text,
    categoryAxis: axis(),
    valueAxis: axis(),
    logAxis: axis(),
    timeAxis: axis(),
    line: { symbol: "circle", symbolSize: 7, lineStyle: { width: 2 }, smooth: false, ...marks },
    bar: { barMaxWidth: 36, ...marks },
    scatter: { itemStyle: { borderWidth: 0 }, ...marks },
    markLine: marks,
    markPoint: marks,
  };
}

const isLine = (series) => series.type === "line" && !series.silent;

function frame(option) {
  const trigger = [option.series ?? []].flat().some(isLine) ? "axis" : "item";
  const pointer = { type: "line", animation: false, lineStyle: { color: token("line2"), type: "dashed" } };
  return {
    animation: false,
    grid: { left: 8, right: 16, top: 24, bottom: 8, containLabel: true },
    ...option,
    tooltip: {
      trigger,
      axisPointer: pointer,
      renderMode: "richText",
      confine: true,
      transitionDuration: 0,
      backgroundColor: token("surface"),
      borderColor: token("line"),
      borderWidth: 1,
      padding: [6, 10],
      textStyle: { color: token("ink"), fontSize: 12, fontFamily: token("face") },
      ...option.tooltip,
    },
    aria: { enabled: false },
  };
}

// every mark in reading order: [series, index, item]
function marksOf(option) {
  return [option.series ?? []].flat().flatMap((series, s) =>
    series.silent ? [] : (series.data ?? []).map((item, i) => [s, i, item]).filter(([, , item]) => item != null),
  );
}

const categories = (option, axis) => [option[axis] ?? {}].flat()[0]?.data;

function wordsOf(option, [s, i, item]) {
  if (item.words) return item.words;
  const category = categories(option, "xAxis")?.[i] ?? categories(option, "yAxis")?.[i];
  const value = [item?.value ?? item].flat().join(", ");
  const parts = [[option.series].flat()[s].name, item?.name ?? category, value];
  return parts.filter((it) => it !== undefined && it !== "").join(" ");
}

function addTip(option) {
  if (option.tooltip?.formatter) return option;
  const told = (at) => wordsOf(option, [at.seriesIndex, at.dataIndex, at.data]);
  const formatter = (at) => [at].flat().map(told).join("\n");
  return { ...option, tooltip: { ...option.tooltip, formatter } };
}

// where a mark is drawn, in pixels of the chart
function pointOf(chart, option, [s, i, item]) {
  const value = item?.value ?? item;
  const lies = categories(option, "yAxis");
  const at = Array.isArray(value) ? value.slice(0, 2) : lies ? [value, i] : [i, value];
  return chart.convertToPixel({ seriesIndex: s }, at);
}

const open = (item) => {
  if (item?.url) location.assign(item.url);
};

const STEPS = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageDown: 10, PageUp: -10 };

function ringOf(canvas) {
  const ring = document.createElement("span");
  ring.className = "mark-ring";
  ring.hidden = true;
  canvas.parentElement.append(ring);
  return ring;
}

function walkMarks(chart, canvas, option) {
  const marks = marksOf(option);
  const spoken = document.getElementById(`${canvas.id}-mark`);
  const ring = ringOf(canvas);
  let here = -1;
  const leave = () => {
    ring.hidden = true;
    chart.dispatchAction({ type: "hideTip" });
  };
  const show = (next) => {
    here = Math.min(Math.max(next, 0), marks.length - 1);
    const [x, y] = pointOf(chart, option, marks[here]);
    ring.hidden = false;
    ring.style.left = `${canvas.offsetLeft + x}px`;
    ring.style.top = `${canvas.offsetTop + y}px`;
    const [seriesIndex, dataIndex] = marks[here];
    chart.dispatchAction({ type: "showTip", seriesIndex, dataIndex });
    if (spoken) spoken.textContent = wordsOf(option, marks[here]);
  };
  const onKey = (event) => {
    if (!marks.length) return;
    if (event.key in STEPS) show(here + STEPS[event.key]);
    else if (event.key === "Home") show(0);
    else if (event.key === "End") show(marks.length - 1);
    else if (event.key === "Enter" && here >= 0) open(marks[here][2]);
    else return;
    event.preventDefault();
  };
  canvas.addEventListener("keydown", onKey);
  canvas.addEventListener("blur", leave);
  return () => {
    canvas.removeEventListener("keydown", onKey);
    canvas.removeEventListener("blur", leave);
    ring.remove();
  };
}

// a line has no mark under the pointer between its points: the nearest one within reach is meant
const REACH = 24;

function openNearest(chart, option, at) {
  const marks = marksOf(option).filter(([, , item]) => item.url);
  const far = (mark) => {
    const [x, y] = pointOf(chart, option, mark);
    return Math.hypot(x - at.offsetX, y - at.offsetY);
  };
  const nearest = marks.map((mark) => [far(mark), mark]).sort(([a], [b]) => a - b)[0];
  if (nearest && nearest[0] <= REACH) open(nearest[1][2]);
}

function draw(host) {
  const canvas = document.getElementById(host.dataset.chart);
  const source = document.getElementById(`${host.dataset.chart}-option`);
  if (!canvas || !source) return;
  drawn.get(canvas)?.();
  const option = addTip(inked(JSON.parse(source.textContent)));
  const chart = window.echarts.init(canvas, theme(), { renderer: "svg" });
  chart.setOption(frame(option));
  chart.on("click", (at) => open(at.data));
  if ([option.series ?? []].flat().some(isLine)) {
    chart.getZr().on("click", (at) => openNearest(chart, option, at));
  }
  const stopWalking = walkMarks(chart, canvas, option);
  const resized = new ResizeObserver(() => chart.resize());
  resized.observe(canvas);
  host.dataset.drawn = "true";
  drawn.set(canvas, () => {
    stopWalking();
    resized.disconnect();
    chart.dispose();
    drawn.delete(canvas);
  });
}

async function drawAll(root) {
  const hosts = [...root.querySelectorAll("[data-chart]")];
  if (!hosts.length) return;
  await fetchECharts();
  await document.fonts.ready;
  hosts.forEach(draw);
}

function toggleTables() {
  const near = document.activeElement.closest(".card")?.querySelectorAll(".behind") ?? [];
  const tables = near.length ? [...near] : [...document.querySelectorAll(".behind")];
  const shown = tables.some((table) => table.open);
  tables.forEach((table) => { table.open = !shown; });
}

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, select, textarea, [contenteditable]");
  const off = document.documentElement.dataset.keys === "off";
  if (!typing && !off && !event.ctrlKey && !event.metaKey && !event.altKey && event.key.toLowerCase() === "t") {
    toggleTables();
  }
});

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => drawAll(document));
document.addEventListener("htmx:beforeCleanupElement", (event) => drawn.get(event.target)?.());
document.addEventListener("htmx:load", (event) => {
  if (event.target !== document.body) drawAll(event.target.parentElement ?? event.target);
});
drawAll(document);

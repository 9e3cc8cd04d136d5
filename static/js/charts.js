// Draws every <div data-chart-id="x"> from the JSON block with id x (ops_platform/web/charts.py).
// JSON has no functions: a string that begins with @ under formatter or valueFormatter names one of FORMATS.
(() => {
  "use strict";

  const INK = "#1b2733";
  const LOSS = "#a3161f";
  const GAIN = "#1f6f8b";
  const SOFT = "#566573";
  const LINE = "#dde3e8";

  const number = (decimals) => {
    const format = new Intl.NumberFormat("zh-CN", {
      minimumFractionDigits: decimals,
      maximumFractionDigits: decimals,
      signDisplay: "negative",
    });
    return (value) => (value === null || value === undefined || Number.isNaN(Number(value)) ? "—" : format.format(value));
  };
  const plain = new Intl.NumberFormat("zh-CN", { maximumFractionDigits: 4 });
  const two = number(2);
  const none = number(0);
  const one = number(1);
  const FORMATS = {
    "@money": two,
    "@wan": (value) => two(value / 1e4),
    // ticks are round numbers: as many decimals as they need, so that no two of them read the same
    "@wanTick": (value) => plain.format(value / 1e4),
    "@integer": none,
    "@quantity": (value) => (value === null || value === undefined ? "—" : plain.format(value)),
    "@percent": (value) => `${one(value * 100)}%`,
    "@percent0": (value) => `${none(value * 100)}%`,
    "@month": (value) => `${Number(String(value).slice(5, 7))}月`,
    "@period": (value) => `${String(value).slice(0, 4)}年${Number(String(value).slice(5, 7))}月`,
  };

  // A formatter gets a bare value from an axis and an object from a label.
  const named = (name) => {
    const format = FORMATS[name];
    if (!format) throw new Error(`unknown chart formatter ${name}`);
    return (given) => {
      if (given === null || typeof given !== "object") return format(given);
      const value = given.value?.value ?? given.value;
      return format(Array.isArray(value) ? value[value.length - 1] : value);
    };
  };
  // "color": "@sign": losses in red.
  const bySign = ({ value }) => ((value?.value ?? value) < 0 ? LOSS : GAIN);
  const withFunctions = (node) => {
    if (Array.isArray(node)) return node.map(withFunctions);
    if (node === null || typeof node !== "object") return node;
    return Object.fromEntries(
      Object.entries(node).map(([key, value]) => {
        const isName = /formatter$/i.test(key) && typeof value === "string" && value.startsWith("@");
        if (key === "color" && value === "@sign") return [key, bySign];
        return [key, isName ? named(value) : withFunctions(value)];
      }),
    );
  };

  const axis = {
    axisLine: { lineStyle: { color: "#b9c4cc" } },
    axisTick: { show: false },
    axisLabel: { color: SOFT },
    splitLine: { lineStyle: { color: "#ebeff2" } },
  };
  echarts.registerTheme("ops", {
    color: [GAIN, "#d09a3c", "#6f9c7d", "#8d6a94", "#7b8b99", "#b5604a", "#62a6c1", "#a8a15c"],
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: INK },
    grid: { left: 8, right: 16, top: 40, bottom: 8, containLabel: true },
    legend: { top: 0, right: 0, left: "auto", itemWidth: 14, itemHeight: 8, textStyle: { color: SOFT } },
    categoryAxis: { ...axis, splitLine: { show: false } },
    valueAxis: { ...axis, axisLine: { show: false }, nameTextStyle: { color: SOFT, align: "left" } },
    line: { symbolSize: 5, lineStyle: { width: 2 } },
    bar: { barMaxWidth: 28 },
    tooltip: { backgroundColor: "#fff", borderColor: LINE, textStyle: { color: INK, fontSize: 13 } },
  });

  const draw = (box) => {
    if (box.dataset.drawn) return;
    box.dataset.drawn = "yes";
    const options = withFunctions(JSON.parse(document.getElementById(box.dataset.chartId).textContent));
    const headed = options.legend || [options.yAxis].flat().some((one) => one?.name);
    if (!headed) options.grid = { top: 12, ...options.grid };
    const chart = echarts.init(box, "ops", { renderer: "canvas" });
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    // richText: tooltips drawn on the canvas, since HTML ones carry style attributes that the CSP refuses.
    options.tooltip = { confine: true, ...options.tooltip, renderMode: "richText" };
    chart.setOption({ animation: !still, animationDuration: 400, ...options });
    chart.on("click", (event) => {
      if (event.data?.href) location.assign(event.data.href);
    });
    new ResizeObserver(() => chart.resize()).observe(box);
  };
  const drawAll = (root) => root.querySelectorAll("[data-chart-id]").forEach(draw);

  drawAll(document);
  document.addEventListener("htmx:load", (event) => drawAll(event.detail.elt));
  addEventListener("beforeprint", () =>
    document.querySelectorAll("[data-drawn]").forEach((box) => echarts.getInstanceByDom(box)?.resize()),
  );
})();

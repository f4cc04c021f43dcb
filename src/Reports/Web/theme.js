// Light, dark or as the system has it. Charts read their colours from the style sheet, so both have one source.
const colours = ['#0072B2', '#E69F00', '#009E73', '#CC79A7', '#56B4E9', '#D55E00', '#8C7AE6', '#7F8C8D', '#B7950B', '#A93226', '#17A589', '#AF7AC5', '#2E86C1', '#CA6F1E'];
const shade = name => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
const darkSystem = window.matchMedia('(prefers-color-scheme: dark)');
const isDark = () => (document.documentElement.dataset.theme || (darkSystem.matches ? 'dark' : 'light')) === 'dark';
const redraws = [];
const fontOfPage = getComputedStyle(document.body).fontFamily;

function paintTheme() {
  byId('theme').textContent = isDark() ? '☀ Light' : '☾ Dark';
  redraws.forEach(draw => draw());
}

byId('theme').addEventListener('click', () => {
  document.documentElement.dataset.theme = isDark() ? 'light' : 'dark';
  paintTheme();
});
darkSystem.addEventListener('change', paintTheme);

const tooltipStyle = () => ({
  backgroundColor: shade('card'), borderColor: shade('line'), textStyle: { color: shade('ink'), fontSize: 12 }, confine: true,
  extraCssText: 'box-shadow:0 4px 18px rgba(0,0,0,.18);border-radius:8px;',
});
const axisStyle = () => ({
  axisLine: { lineStyle: { color: shade('soft') } }, axisLabel: { color: shade('soft') }, nameTextStyle: { color: shade('ink') },
  splitLine: { lineStyle: { color: shade('line') } },
});

const drawn = new Map();
function chartIn(id) {
  if (!drawn.has(id)) {
    const chart = echarts.init(byId(id), null, { renderer: 'canvas' });
    drawn.set(id, chart);
    new ResizeObserver(() => chart.resize()).observe(byId(id));
  }
  return drawn.get(id);
}

// A plot with nothing to draw says why.
function emptyPlot(id, message) {
  if (drawn.has(id)) { drawn.get(id).dispose(); drawn.delete(id); }
  byId(id).innerHTML = `<p class="empty">${escapeHtml(message)}</p>`;
}
function fullPlot(id) {
  if (!drawn.has(id)) byId(id).innerHTML = '';
  return chartIn(id);
}

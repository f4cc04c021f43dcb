// The data of the page and how numbers are written. Everything below is inside one function scope.
const data = JSON.parse(document.getElementById('data').textContent);
const byId = id => document.getElementById(id);
const escapeHtml = text => String(text).replace(/[&<>"']/g, c => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }[c]));
const text = index => data.strings[index];
const charts = typeof echarts !== 'undefined';

const metrics = data.metrics.map((m, column) => ({ ...m, column, heading: m.unit ? `${m.label} (${m.unit})` : m.label }));
const metricNamed = name => metrics.find(m => m.name === name);
const objectives = data.objectives.map(o => ({ ...o, metric: metricNamed(o.metric) }));
const axes = data.axes.map((name, column) => ({ name, column, values: [...new Set(data.points.map(p => text(p.p[column])))] }));
// An axis that never varies tells designs apart no better than their name does.
const varied = axes.filter(a => a.values.length > 1);

const points = data.points.map(p => ({
  index: p.i, status: p.s, reason: p.r, front: p.f === 1, violations: p.v,
  parameters: p.p.map(text), metrics: p.m, detail: p.d,
}));
const byIndex = new Map(points.map(p => [p.index, p]));
const ran = points.filter(p => p.detail);
const valueOf = (point, metric) => point.metrics[metric.column];

// Four significant digits; thousands apart by a thin space; no exponent in everyday ranges.
function number(value) {
  if (value === null || value === undefined) return 'unknown';
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size < 1e-4 || size >= 1e15) return value.toExponential(3);
  const digits = size >= 1000 ? 0 : Math.max(0, 3 - Math.floor(Math.log10(size)));
  const [whole, fraction] = value.toFixed(digits).split('.');
  const trimmed = fraction ? fraction.replace(/0+$/, '') : '';
  return whole.replace(/\B(?=(\d{3})+(?!\d))/g, '\u2009') + (trimmed ? '.' + trimmed : '');
}
const withUnit = (value, unit) => unit && value !== null && value !== undefined ? `${number(value)}\u00a0${unit}` : number(value);
const percent = share => share === 0 ? '0 %' : share < 0.0001 ? '< 0.01 %' : `${number(100 * share)} %`;

// The non-dominated points of two metrics, best first along x, with the corners of the steps between them.
function frontOfTwo(candidates, x, y) {
  const cost = (p, m) => goalOf(m) === 'maximize' ? -valueOf(p, m) : valueOf(p, m);
  const sorted = candidates.filter(p => valueOf(p, x) !== null && valueOf(p, y) !== null)
    .sort((a, b) => cost(a, x) - cost(b, x) || cost(a, y) - cost(b, y) || a.index - b.index);
  const steps = [];
  let best = Infinity;
  for (const p of sorted) {
    if (cost(p, y) >= best) continue;
    if (steps.length) steps.push([valueOf(p, x), steps[steps.length - 1][1]]);
    steps.push([valueOf(p, x), valueOf(p, y)]);
    best = cost(p, y);
  }
  return steps;
}
const goalOf = metric => (objectives.find(o => o.metric === metric) || metric).goal;

const table = (heads, rows, kind) => `<table class="${kind || ''}"><thead><tr>${heads.map(h => `<th class="${h.n ? 'n' : ''}">${escapeHtml(h.t)}</th>`).join('')}</tr></thead><tbody>${
  rows.map(r => `<tr>${r.map((c, i) => `<td class="${heads[i].n ? 'n' : heads[i].source ? 'source' : ''}">${escapeHtml(c)}</td>`).join('')}</tr>`).join('')}</tbody></table>`;
const pairs = rows => `<table class="pairs"><tbody>${rows.map(([a, b]) => `<tr><td>${escapeHtml(a)}</td><td>${escapeHtml(b)}</td></tr>`).join('')}</tbody></table>`;

const bestFirst = objectives.length ? (a, b) => {
  const { metric, goal } = objectives[0];
  return (goal === 'maximize' ? valueOf(b, metric) - valueOf(a, metric) : valueOf(a, metric) - valueOf(b, metric)) || a.index - b.index;
} : (a, b) => a.index - b.index;
const frontPoints = points.filter(p => p.front).sort(bestFirst);

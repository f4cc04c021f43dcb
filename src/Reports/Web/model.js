// The data of the page and how numbers are written. Everything below is inside one function scope.
const data = JSON.parse(document.getElementById('data').textContent), head = data.header;
const byId = id => document.getElementById(id);
const escapeHtml = text => String(text).replace(/[&<>"']/g, c => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }[c]));
const text = index => data.strings[index];
const charts = typeof echarts !== 'undefined';

// Metrics are shown in units of the report's choice: a value is divided by the factor once, here.
const metrics = head.metrics.map((m, column) => ({ ...m, column, heading: m.unit ? `${m.label} (${m.unit})` : m.label, base: m.column }));
const metricNamed = name => metrics.find(m => m.name === name);
const objectives = head.objectives.map(o => ({ ...o, metric: metricNamed(o.metric) }));
const axes = head.axes.map((name, column) => ({ name, column, values: [...new Set(data.points.map(p => text(p.p[column])))] }));
// An axis that never varies tells designs apart no better than their name does.
const varied = axes.filter(a => a.values.length > 1);
// JSON has no infinity; null is a value that nobody knows.
const real = value => value === 'inf' ? Infinity : value === '-inf' ? -Infinity : value;

const points = data.points.map(p => ({
  index: p.i, status: p.s, reason: p.r, front: p.f === 1, slow: p.c === 1, violations: p.v, warnings: p.w, ran: p.n !== undefined, network: p.n === undefined ? '' : text(p.n),
  parameters: p.p.map(text), metrics: p.m.map((v, column) => v === null ? null : real(v) / metrics[column].factor), detail: p.d,
}));
const byIndex = new Map(points.map(p => [p.index, p]));
const ran = points.filter(p => p.ran);
const valueOf = (point, metric) => point.metrics[metric.column];

// Four significant digits; thousands apart by a thin space; no exponent in everyday ranges.
function number(value, unit) {
  if (value === null || value === undefined || Number.isNaN(value)) return 'unknown';
  // No error at all is an infinite ratio; nothing but error one of the other sign.
  if (!Number.isFinite(value)) return unit === 'dB' ? (value > 0 ? 'exact' : 'not finite') : value > 0 ? 'infinite' : '-infinite';
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size < 1e-4 || size >= 1e15) return value.toExponential(3);
  const digits = size >= 1000 ? 0 : Math.max(0, 3 - Math.floor(Math.log10(size)));
  const [whole, fraction] = value.toFixed(digits).split('.');
  const trimmed = fraction ? fraction.replace(/0+$/, '') : '';
  return whole.replace(/\B(?=(\d{3})+(?!\d))/g, '\u2009') + (trimmed ? '.' + trimmed : '');
}
const withUnit = (value, unit) => unit && Number.isFinite(value) ? `${number(value)}\u00a0${unit}` : number(value, unit);
// The unit, with its SI prefix, in which a size of some column's unit is read most easily.
function unitFor(unit, size) {
  const choices = head.units[unit];
  if (!choices) return { name: unit, factor: 1 };
  const [name, factor] = [...choices].reverse().find(c => c[1] <= Math.abs(size) * (1 + 1e-12)) || choices[0];
  return size === 0 ? { name: choices.find(c => c[1] === 1)[0], factor: 1 } : { name, factor };
}
function scaled(value, unit) {
  if (!Number.isFinite(value)) return number(value, unit);
  const { name, factor } = unitFor(unit, value);
  return withUnit(value / factor, name);
}
const shortened = (name, longest) => name.length > longest ? name.slice(0, Math.floor(longest / 2) - 1) + '…' + name.slice(-Math.ceil(longest / 2)) : name;
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
  rows.map(r => `<tr>${r.map((c, i) => `<td class="${heads[i].n ? 'n' : heads[i].source ? 'source' : heads[i].words ? 'words' : ''}">${escapeHtml(c)}</td>`).join('')}</tr>`).join('')}</tbody></table>`;
const pairs = rows => `<table class="pairs"><tbody>${rows.map(([a, b]) => `<tr><td>${escapeHtml(a)}</td><td>${escapeHtml(b)}</td></tr>`).join('')}</tbody></table>`;

const bestFirst = objectives.length ? (a, b) => {
  const { metric, goal } = objectives[0];
  return (goal === 'maximize' ? valueOf(b, metric) - valueOf(a, metric) : valueOf(a, metric) - valueOf(b, metric)) || a.index - b.index;
} : (a, b) => a.index - b.index;
const frontPoints = points.filter(p => p.front).sort(bestFirst);

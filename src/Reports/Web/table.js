// Every design as a row: sorted by a click on a heading, filtered by words and conditions.
const view = { sort: 'index', descending: false, page: 0, size: 200, unclear: [] };
const slack = metricNamed('slack');
const late = p => slack && p.ran && valueOf(p, slack) !== null && valueOf(p, slack) < 0;
const columns = [
  { id: 'front', title: '★', value: p => p.front ? 0 : 1, cell: p => p.front ? '<span class="star" title="on the Pareto front">★</span>' : '' },
  { id: 'index', title: 'design', n: true, value: p => p.index, cell: p => (late(p) ? '<span title="misses its clock">! </span>' : '') + p.index },
  ...axes.map(a => ({ id: `axis ${a.name}`, title: a.name, value: p => p.parameters[a.column], cell: p => escapeHtml(p.parameters[a.column]) })),
  ...(points.some(p => p.status !== 'ok' || p.violations.length) ? [{ id: 'status', title: 'status', value: p => p.violations.length ? 'violates' : p.status,
    cell: p => `<span class="status" title="${escapeHtml(p.reason || p.violations.join('; '))}">${escapeHtml(p.status !== 'ok' ? p.status : p.violations.length ? 'violates' : 'ok')}</span>` }] : []),
  ...known.map(m => ({ id: m.name, title: m.heading, n: true, value: p => valueOf(p, m), cell: p => p.ran ? escapeHtml(number(valueOf(p, m), m.unit)) : '' })),
];
const comparisons = { '<': (a, b) => a < b, '>': (a, b) => a > b, '<=': (a, b) => a <= b, '>=': (a, b) => a >= b, '=': (a, b) => a === b };

// `200`, in the unit of the column's heading, or `200uJ`; undefined when it is neither.
function limitOf(words, metric) {
  const match = /^([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)(.*)$/i.exec(words);
  if (!match) return undefined;
  if (!match[2]) return Number(match[1]);
  const plain = name => name.replace(/µ/g, 'u').replace(/²/g, '2').replace(/·/g, ''), unit = (head.units[metric.base] || []).find(u => plain(u[0]) === plain(match[2]));
  return unit ? Number(match[1]) * unit[1] / metric.factor : undefined;
}

// `energy<200` compares a metric, `array.rows=16` an axis; any other word must occur in some cell.
function conditionOf(word) {
  const match = /^([^<>=]+)(<=|>=|<|>|=)(.+)$/.exec(word);
  if (!match) return p => p.searchable.includes(word.toLowerCase());
  const [, name, operator, right] = match;
  const metric = metrics.find(m => m.name === name.toLowerCase()), axis = axes.find(a => a.name.toLowerCase() === name.toLowerCase());
  const compare = comparisons[operator], limit = metric ? limitOf(right, metric) : Number(right);
  if (metric && limit !== undefined) return p => valueOf(p, metric) !== null && valueOf(p, metric) !== undefined && compare(valueOf(p, metric), limit);
  if (axis && operator === '=') return p => p.parameters[axis.column].toLowerCase() === right.toLowerCase();
  if (axis && !Number.isNaN(limit)) return p => compare(Number(p.parameters[axis.column]), limit);
  view.unclear.push(word);
  return () => false;
}

function visible() {
  view.unclear = [];
  const conditions = byId('filter').value.trim().split(/\s+/).filter(Boolean).map(conditionOf);
  const status = byId('table-status').value;
  const kept = points.filter(p => (!byId('table-front').checked || p.front) && (status === 'all' || p.status === status) && conditions.every(c => c(p)));
  const column = columns.find(c => c.id === view.sort) || columns[1];
  // Unknown values stay at the end whichever way the column is sorted.
  const missing = v => v === null || v === undefined || v === '';
  return kept.sort((a, b) => {
    const x = column.value(a), y = column.value(b);
    if (missing(x) || missing(y)) return missing(x) - missing(y) || a.index - b.index;
    const numbers = !Number.isNaN(Number(x)) && !Number.isNaN(Number(y));
    const order = numbers ? Number(x) - Number(y) : String(x).localeCompare(String(y), 'en');
    return (view.descending ? -order : order) || a.index - b.index;
  });
}

function drawTable() {
  const rows = visible();
  const arrow = c => c.id === view.sort ? (view.descending ? ' ↓' : ' ↑') : '';
  const sorted = c => c.id === view.sort ? ` aria-sort="${view.descending ? 'descending' : 'ascending'}"` : '';
  byId('table').innerHTML = `<table><thead><tr>${columns.map(c => `<th class="${c.n ? 'n' : ''}"${sorted(c)}><button type="button" data-sort="${escapeHtml(c.id)}">${escapeHtml(c.title)}${arrow(c)}</button></th>`).join('')}</tr></thead><tbody>${
    rows.slice(view.page * view.size, (view.page + 1) * view.size).map(p => `<tr data-index="${p.index}" class="${p.index === state.selected ? 'chosen' : ''}">${columns.map(c => `<td class="${c.n ? 'n': ''}">${c.cell(p)}</td>`).join('')}</tr>`).join('')}</tbody></table>`;
  byId('table-count').textContent = (view.unclear.length ? `not understood: ${view.unclear.join(' ')}; ` : '')
    + (rows.length === points.length ? `${points.length} design${points.length === 1 ? '' : 's'}` : `${rows.length} of ${points.length} designs`);
  const pages = Math.ceil(rows.length / view.size);
  byId('paging').hidden = pages < 2;
  byId('page-now').textContent = `${view.page * view.size + 1} to ${Math.min(rows.length, (view.page + 1) * view.size)} of ${rows.length}`;
  byId('page-before').disabled = view.page === 0;
  byId('page-after').disabled = view.page >= pages - 1;
}

function turn(page) {
  view.page = page;
  drawTable();
}

function markRow() {
  document.querySelectorAll('#table tr.chosen').forEach(r => r.classList.remove('chosen'));
  const row = document.querySelector(`#table tr[data-index="${state.selected}"]`);
  if (row) row.classList.add('chosen');
}

function startTable() {
  for (const p of points) p.searchable = [p.index, ...p.parameters, p.status, p.reason || ''].join(' ').toLowerCase();
  byId('table-status').innerHTML = ['all', ...new Set(points.map(p => p.status))].map(s => `<option>${escapeHtml(s)}</option>`).join('');
  byId('filter').addEventListener('input', () => turn(0));
  byId('table-front').addEventListener('change', () => turn(0));
  byId('table-status').addEventListener('change', () => turn(0));
  byId('page-before').addEventListener('click', () => turn(view.page - 1));
  byId('page-after').addEventListener('click', () => turn(view.page + 1));
  byId('table').addEventListener('click', e => {
    const heading = e.target.closest('button[data-sort]'), row = e.target.closest('tr[data-index]');
    if (heading) {
      view.descending = heading.dataset.sort === view.sort ? !view.descending : false;
      view.sort = heading.dataset.sort;
      turn(0);
    } else if (row) select(Number(row.dataset.index));
  });
  drawTable();
}

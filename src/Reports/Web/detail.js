// The selected design: its numbers, its layers, its configuration, and the source of every cost.
const state = { selected: head.shown, view: 'largest' };

// Layers arrive as rows of numbers and string indices; here they get names.
function layersOf(point) {
  return point.detail.layers.map(([name, op, groups, m, n, k, compute, stall, utilization, energy, numerics, bound, stalls, traffic, least]) => ({
    name: text(name), op: text(op), groups, m, n, k, compute, stall, utilization,
    energy: energy.map(([component, action, count, each, source]) => ({ component: text(component), action: text(action), count, each, source: text(source), nanojoules: count * each / 1000 })),
    numerics: numerics && { sqnr: real(numerics[0]), outputs: numerics[1], overflowed: numerics[2], nan: numerics[3], saturated: numerics[4], encoded: numerics[5], kernel: text(numerics[6]) },
    bound: bound === null ? 'unknown' : text(bound), least, stalls: stalls.map(([cause, cycles]) => ({ cause: text(cause), cycles })),
    traffic: traffic.map(([memory, read, written]) => ({ memory: text(memory), read, written })),
  }));
}

function select(index) {
  state.selected = index;
  drawSelected();
  drawScatter(false);
  markRow();
}

function drawSelected() {
  const point = byIndex.get(state.selected);
  if (!point) { byId('selected-body').innerHTML = '<p class="hint">No design has run.</p>'; return; }
  byId('selected-title').textContent = single ? 'Results' : `Design ${point.index}`;
  document.querySelectorAll('.of-selected').forEach(e => { e.textContent = single ? '' : `design ${point.index}`; });
  const misses = point.slow ? '<span class="badge bad">misses its clock</span>' : '', badges = misses + (single ? '' : [point.front && '<span class="badge front">on the Pareto front</span>', ...point.violations.map(v => `<span class="badge bad">${escapeHtml(v)}</span>`),
    point.status !== 'ok' && `<span class="badge bad">${escapeHtml(point.status)}</span>`].filter(Boolean).join(''));
  const first = objectives.map(o => o.metric), rest = known.filter(m => !first.includes(m));
  const tile = m => `<div><span>${escapeHtml(m.label)}</span><b>${escapeHtml(number(valueOf(point, m), m.unit))}</b> <small>${escapeHtml(Number.isFinite(valueOf(point, m)) ? m.unit : '')}</small></div>`;
  const body = point.ran ? `<div class="figures">${first.map(tile).join('')}</div>` : `<p>${escapeHtml(point.reason)}</p>`;
  const extra = point.ran ? rest.map(m => [m.label, withUnit(valueOf(point, m), m.unit)]).concat(point.detail ? accuracyRows(point.detail.accuracy) : []) : [];
  const warnings = point.warnings.length === 0 ? '' : `<details${point.warnings.length < 3 ? ' open' : ''}><summary>⚠ ${point.warnings.length} warning${point.warnings.length > 1 ? 's' : ''}</summary>${
    point.warnings.map(w => `<p class="hint">${escapeHtml(text(w))}</p>`).join('')}</details>`;
  byId('selected-body').innerHTML = badges + body + pairs([...axes.map(a => [a.name, point.parameters[a.column]]), ...extra]) + warnings;
  document.querySelectorAll('.of-detail').forEach(e => { e.hidden = point.ran && !point.detail; });
  byId('no-detail').hidden = !point.ran || Boolean(point.detail);
  byId('no-detail').textContent = `The page does not carry layers and costs of design ${point.index}. They are the rows with index ${point.index} of layers.csv and costs.csv.`;
  if (point.detail) drawDetail(point);
  else ['chart-energy', 'chart-cycles', 'chart-sqnr', 'chart-range', 'chart-area'].forEach(id => emptyPlot(id, 'This design did not run.'));
}

const accuracyRows = accuracy => accuracy ? [['Accuracy of the float network', accuracy.float === null ? 'no labels' : number(accuracy.float)], ['Samples', number(accuracy.samples)]] : [['Accuracy', 'no data given']];

function drawDetail(point) {
  const layers = layersOf(point), detail = point.detail;
  byId('layer-view').parentElement.hidden = layers.length <= mostBars / 2;
  if (charts) {
    const components = [...new Set(layers.flatMap(l => l.energy.map(e => e.component)))];
    const nanojoules = (l, c) => l.energy.filter(e => e.component === c).reduce((s, e) => s + e.nanojoules, 0);
    bars('chart-energy', layers, components.map(c => [c, layers.map(l => nanojoules(l, c))]), { unit: 'nJ' });
    bars('chart-cycles', layers, [['compute', layers.map(l => l.compute)], ...stallSeries(layers)], { unit: 'cycles' });
    drawNumerics(layers);
    drawArea(detail);
  }
  const memories = [...new Set(layers.flatMap(l => l.traffic.map(t => t.memory)))];
  byId('layer-table').innerHTML = table(
    [{ t: 'layer' }, { t: 'operator' }, { t: 'groups', n: 1 }, { t: 'M', n: 1 }, { t: 'N', n: 1 }, { t: 'K', n: 1 }, { t: 'compute cycles', n: 1 }, { t: 'stall cycles', n: 1 }, { t: 'bound by' }, { t: 'waits for', words: 1 }, { t: 'utilization', n: 1 },
      ...memories.map(m => ({ t: `${m} moves`, n: 1 })), { t: 'least bytes', n: 1 }, { t: 'energy', n: 1 }, { t: 'SQNR (dB)', n: 1 }, { t: 'overflowed', n: 1 }, { t: 'NaN', n: 1 }, { t: 'saturated inputs', n: 1 }, { t: 'kernel' }],
    layers.map(l => [l.name, l.op, l.groups, l.m, l.n, l.k, number(l.compute), number(l.stall), l.bound, waits(l), number(l.utilization), ...memories.map(m => moved(l, m)), l.least === null ? 'unknown' : scaled(l.least, 'B'), scaled(l.energy.reduce((s, e) => s + e.nanojoules, 0), 'nJ'),
      ...(l.numerics ? [number(l.numerics.sqnr, 'dB'), share(l.numerics.overflowed, l.numerics.outputs), share(l.numerics.nan, l.numerics.outputs), share(l.numerics.saturated, l.numerics.encoded), l.numerics.kernel] : ['', '', '', '', ''])]));
  byId('area-total').textContent = `${scaled(detail.area.reduce((s, a) => s + a[2], 0), 'um2')} in ${detail.area.length} items`;
  byId('area-table').innerHTML = table([{ t: 'component' }, { t: 'role' }, { t: 'value', n: 1 }, { t: 'unit' }, { t: 'source', source: 1 }], detail.area.map(([c, r, v, u, s]) => [text(c), text(r), number(v), text(u), text(s)]));
  byId('energy-total').textContent = `dynamic ${scaled(detail.totals[0], 'pJ')}, leakage ${scaled(detail.totals[1], 'pJ')}`;
  const actions = new Map();
  for (const e of layers.flatMap(l => l.energy)) {
    const key = JSON.stringify([e.component, e.action, e.each, e.source]), row = actions.get(key) || { ...e, count: 0, nanojoules: 0 };
    row.count += e.count;
    row.nanojoules += e.nanojoules;
    actions.set(key, row);
  }
  byId('action-table').innerHTML = table([{ t: 'component' }, { t: 'action' }, { t: 'count', n: 1 }, { t: 'each', n: 1 }, { t: 'energy', n: 1 }, { t: 'source', source: 1 }],
    [...actions.values()].sort((a, b) => b.nanojoules - a.nanojoules).map(e => [e.component, e.action, number(e.count), scaled(e.each, 'pJ'), scaled(e.nanojoules, 'nJ'), e.source]));
  const pretty = json => { try { return JSON.stringify(JSON.parse(json), null, 2); } catch { return json; } };
  byId('configuration').innerHTML = `<div><h4>Architecture</h4><pre>${escapeHtml(pretty(text(detail.texts[0])))}</pre></div><div><h4>Quantization recipe</h4><pre>${escapeHtml(pretty(text(detail.texts[1])))}</pre><h4>Network and inputs</h4>${
    pairs([['network', point.network], ...detail.digests.map(([k, v]) => [text(k), text(v)]), ['design key', detail.key]])}</div>`;
}

// Waiting cycles by cause, the largest causes first; what a record gives no cause for is `stall`.
const mostCauses = 8;
function stallSeries(layers) {
  const of = cause => layers.map(l => l.stalls.filter(s => s.cause === cause).reduce((sum, s) => sum + s.cycles, 0)), total = values => values.reduce((sum, v) => sum + v, 0);
  const causes = [...new Set(layers.flatMap(l => l.stalls.map(s => s.cause)))].map(c => [c, of(c)]).sort((a, b) => total(b[1]) - total(a[1]) || (a[0] < b[0] ? -1 : 1));
  const shown = causes.slice(0, mostCauses), named = layers.map((_, i) => shown.reduce((sum, [, values]) => sum + values[i], 0)), rest = layers.map((l, i) => l.stall - named[i]);
  return [...shown, ...(rest.some(v => v > 0) ? [[causes.length ? 'other stalls' : 'stall', rest]] : [])];
}
const waits = l => [...l.stalls].sort((a, b) => b.cycles - a.cycles).map(s => `${s.cause} ${scaled(s.cycles, 'cycles')}`).join(', ') || (l.stall > 0 ? 'unknown' : 'nothing');
const moved = (l, memory) => l.least === null && l.traffic.length === 0 ? 'unknown' : scaled(l.traffic.filter(t => t.memory === memory).reduce((sum, t) => sum + t.read + t.written, 0), 'B');

const share = (part, whole) => whole ? percent(part / whole) : '';

const mostBars = 24;

// What the bars stand for: every layer, the largest ones (`note` says what the others come to), or all layers of an operator. `sum` says whether values may be added.
function grouped(layers, series, { sum, lowest }) {
  if (state.view === 'operator' && sum) {
    const operators = [...new Set(layers.map(l => l.op))], of = operators.map(o => layers.flatMap((l, i) => l.op === o ? [i] : []));
    return { names: operators.map((o, i) => `${of[i].length} × ${o}`), series: series.map(([name, values]) => [name, of.map(list => list.reduce((s, i) => s + (values[i] || 0), 0))]) };
  }
  const all = layers.map((_, i) => i), size = i => series.reduce((s, [, values]) => s + (values[i] || 0), 0);
  if (state.view === 'all' || all.length <= mostBars) return { names: layers.map(l => l.name), series };
  // Of ratios the smallest are the ones to look at.
  const own = [...all].sort((a, b) => (lowest ? size(a) - size(b) : size(b) - size(a)) || a - b).slice(0, mostBars).sort((a, b) => a - b), rest = all.filter(i => !own.includes(i));
  const total = list => list.reduce((s, i) => s + size(i), 0);
  return {
    names: own.map(i => layers[i].name), series: series.map(([name, values]) => [name, own.map(i => values[i])]),
    note: sum ? `the ${mostBars} largest of ${all.length} layers; the others have ${percent(total(rest) / total(all))} of all` : `the ${mostBars} ${lowest ? 'lowest' : 'largest'} of ${all.length} layers`,
  };
}

// What a chart leaves out, under it.
function noteBelow(id, words) {
  const card = byId(id).parentElement, note = card.querySelector('p.hint') || card.appendChild(document.createElement('p'));
  note.className = 'hint';
  note.hidden = !words;
  note.textContent = words;
}

function bars(id, layers, all, { unit, stacked = true, zero = 'Nothing to show: every value is zero.', sum = true, lowest = false }) {
  const { names, series, note } = grouped(layers, all, { sum, lowest });
  noteBelow(id, note || '');
  if (series.every(([, values]) => values.every(v => !v))) return emptyPlot(id, zero);
  const largest = Math.max(...names.map((_, i) => Math.abs(series.reduce((s, [, values]) => s + (Number.isFinite(values[i]) ? values[i] : 0), 0))));
  const shown = unitFor(unit, largest), long = names.length > 6 || names.some(n => n.length > 12), scroll = names.length > 2 * mostBars;
  const format = v => withUnit(v, shown.name);
  fullPlot(id).setOption({
    animation: false, color: colours, textStyle: { fontFamily: fontOfPage },
    grid: { left: 8, right: 12, top: series.length > 1 ? 56 : 30, bottom: scroll ? 34 : 4, containLabel: true },
    legend: { show: series.length > 1, type: 'scroll', top: 0, left: 0, itemWidth: 12, itemHeight: 12, textStyle: { color: shade('ink') }, pageTextStyle: { color: shade('soft') }, pageIconColor: shade('accent') },
    tooltip: { ...tooltipStyle(), trigger: 'axis', axisPointer: { type: 'shadow' }, formatter: list => `<div class="tip"><b>${escapeHtml(list[0].name)}</b><table>${
      list.filter(e => e.value !== null && e.value !== undefined).map(e => `<tr><td>${e.marker}${escapeHtml(e.seriesName)}</td><td>${escapeHtml(format(e.value))}</td></tr>`).join('')}</table></div>` },
    xAxis: { ...axisStyle(), type: 'category', data: names, axisLabel: { color: shade('soft'), interval: names.length > mostBars + 1 ? 'auto' : 0, rotate: long ? 40 : 0, formatter: n => shortened(n, 18), hideOverlap: true }, splitLine: { show: false } },
    yAxis: { ...axisStyle(), type: 'value', name: shown.name, nameTextStyle: { color: shade('soft'), align: 'left' }, axisLabel: { color: shade('soft'), formatter: v => number(v) } },
    dataZoom: scroll ? [{ type: 'slider', height: 18, bottom: 4, start: 0, end: 100 * mostBars / names.length }, { type: 'inside' }] : [],
    series: series.map(([name, values]) => ({ type: 'bar', name, data: values.map(v => Number.isFinite(v) ? v / shown.factor : null), stack: stacked ? 'all' : undefined, barMaxWidth: 46 })),
  }, { notMerge: true });
}

function drawNumerics(layers) {
  const measured = layers.filter(l => l.numerics);
  if (measured.length === 0) {
    emptyPlot('chart-sqnr', 'No data set was given, so values were not simulated.');
    emptyPlot('chart-range', 'No data set was given, so values were not simulated.');
    return;
  }
  const exact = measured.filter(l => l.numerics.sqnr === Infinity), finite = measured.filter(l => Number.isFinite(l.numerics.sqnr));
  byId('exact-layers').textContent = exact.length ? `; exact: ${exact.length === measured.length ? 'all' : exact.length} of ${measured.length} layers` : '';
  if (exact.length === measured.length) emptyPlot('chart-sqnr', 'Every layer is exact: no error against float.');
  else bars('chart-sqnr', finite, [['SQNR', finite.map(l => l.numerics.sqnr)]], { unit: 'dB', stacked: false, zero: 'The ratio is not known: the float outputs are all zero.', sum: false, lowest: true });
  const rate = (part, whole) => measured.map(l => l.numerics[whole] ? 100 * l.numerics[part] / l.numerics[whole] : 0);
  bars('chart-range', measured, [['outputs overflowed', rate('overflowed', 'outputs')], ['outputs NaN', rate('nan', 'outputs')], ['inputs saturated', rate('saturated', 'encoded')]],
    { unit: '%', stacked: false, zero: 'Nothing overflowed, became NaN or saturated in any layer.', sum: false });
}

function drawArea(detail) {
  const parts = new Map();
  for (const [component, , value] of detail.area) parts.set(text(component), (parts.get(text(component)) || 0) + value);
  if (parts.size === 0) return emptyPlot('chart-area', 'No area is known.');
  const total = [...parts.values()].reduce((s, v) => s + v, 0);
  fullPlot('chart-area').setOption({
    animation: false, color: colours, textStyle: { fontFamily: fontOfPage }, grid: { left: 4, right: 4, top: 40, bottom: 4 },
    legend: { type: 'scroll', top: 0, left: 0, itemWidth: 12, itemHeight: 12, textStyle: { color: shade('ink') }, pageTextStyle: { color: shade('soft') } },
    tooltip: { ...tooltipStyle(), trigger: 'item', formatter: e => `<div class="tip"><b>${escapeHtml(e.seriesName)}</b>${scaled(e.value, 'um2')}, ${percent(e.value / total)}</div>` },
    xAxis: { type: 'value', max: total, show: false }, yAxis: { type: 'category', data: ['area'], show: false },
    series: [...parts].sort((a, b) => b[1] - a[1]).map(([name, value]) => ({ type: 'bar', name, stack: 'all', data: [value], barWidth: 44 })),
  }, { notMerge: true });
}
byId('layer-view').addEventListener('change', e => { state.view = e.target.value; drawSelected(); });
redraws.push(drawSelected);

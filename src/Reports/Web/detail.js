// The selected design: its numbers, its layers, its configuration, and the source of every cost.
const state = { selected: data.shown };

// Layers arrive as rows of numbers and string indices; here they get names.
function layersOf(point) {
  return point.detail.layers.map(([name, op, groups, m, n, k, compute, stall, utilization, energy, numerics]) => ({
    name: text(name), op: text(op), groups, m, n, k, compute, stall, utilization,
    energy: energy.map(([component, action, count, each, source]) => ({ component: text(component), action: text(action), count, each, source: text(source), nanojoules: count * each / 1000 })),
    numerics: numerics && { sqnr: numerics[0], outputs: numerics[1], overflowed: numerics[2], nan: numerics[3], saturated: numerics[4], encoded: numerics[5], kernel: text(numerics[6]) },
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
  byId('selected-title').textContent = `Design ${point.index}`;
  document.querySelectorAll('.of-selected').forEach(e => { e.textContent = `design ${point.index}`; });
  const badges = [point.front && '<span class="badge front">on the Pareto front</span>', ...point.violations.map(v => `<span class="badge bad">${escapeHtml(v)}</span>`),
    point.status !== 'ok' && `<span class="badge bad">${escapeHtml(point.status)}</span>`].filter(Boolean).join('');
  const first = objectives.map(o => o.metric), rest = known.filter(m => !first.includes(m));
  const tile = m => `<div><span>${escapeHtml(m.label)}</span><b>${escapeHtml(number(valueOf(point, m)))}</b> <small>${escapeHtml(m.unit)}</small></div>`;
  const body = point.detail ? `<div class="figures">${first.map(tile).join('')}</div>` : `<p>${escapeHtml(point.reason)}</p>`;
  const extra = point.detail ? rest.map(m => [m.label, withUnit(valueOf(point, m), m.unit)]).concat(accuracyRows(point.detail.accuracy)) : [];
  byId('selected-body').innerHTML = badges + body + pairs([...axes.map(a => [a.name, point.parameters[a.column]]), ...extra]) +
    (point.detail ? point.detail.warnings.map(w => `<p class="hint">⚠ ${escapeHtml(text(w))}</p>`).join('') : '');
  if (point.detail) drawDetail(point);
  else ['chart-energy', 'chart-cycles', 'chart-sqnr', 'chart-range', 'chart-area'].forEach(id => emptyPlot(id, 'This design did not run.'));
}

const accuracyRows = accuracy => accuracy ? [['Accuracy of the float network', accuracy.float === null ? 'no labels' : number(accuracy.float)], ['Samples', number(accuracy.samples)]] : [['Accuracy', 'no data given']];

function drawDetail(point) {
  const layers = layersOf(point), detail = point.detail;
  if (charts) {
    const components = [...new Set(layers.flatMap(l => l.energy.map(e => e.component)))];
    bars('chart-energy', layers, components.map(c => [c, layers.map(l => l.energy.filter(e => e.component === c).reduce((s, e) => s + e.nanojoules, 0))]), v => withUnit(v, 'nJ'));
    bars('chart-cycles', layers, [['compute', layers.map(l => l.compute)], ['stall', layers.map(l => l.stall)]], number);
    drawNumerics(layers);
    drawArea(detail);
  }
  byId('layer-table').innerHTML = table(
    [{ t: 'layer' }, { t: 'operator' }, { t: 'groups', n: 1 }, { t: 'M', n: 1 }, { t: 'N', n: 1 }, { t: 'K', n: 1 }, { t: 'compute cycles', n: 1 }, { t: 'stall cycles', n: 1 }, { t: 'utilization', n: 1 }, { t: 'energy (nJ)', n: 1 },
      { t: 'SQNR (dB)', n: 1 }, { t: 'overflowed', n: 1 }, { t: 'NaN', n: 1 }, { t: 'saturated inputs', n: 1 }, { t: 'kernel' }],
    layers.map(l => [l.name, l.op, l.groups, l.m, l.n, l.k, number(l.compute), number(l.stall), number(l.utilization), number(l.energy.reduce((s, e) => s + e.nanojoules, 0)),
      ...(l.numerics ? [number(l.numerics.sqnr), share(l.numerics.overflowed, l.numerics.outputs), share(l.numerics.nan, l.numerics.outputs), share(l.numerics.saturated, l.numerics.encoded), l.numerics.kernel] : ['', '', '', '', ''])]));
  byId('area-total').textContent = `${number(detail.area.reduce((s, a) => s + a[2], 0))} um2 in ${detail.area.length} items`;
  byId('area-table').innerHTML = table([{ t: 'component' }, { t: 'role' }, { t: 'value', n: 1 }, { t: 'unit' }, { t: 'source', source: 1 }], detail.area.map(([c, r, v, u, s]) => [text(c), text(r), number(v), text(u), text(s)]));
  byId('energy-total').textContent = `dynamic ${number(detail.dynamic / 1000)} nJ, leakage ${number(detail.leakage / 1000)} nJ`;
  const actions = new Map();
  for (const e of layers.flatMap(l => l.energy)) {
    const key = JSON.stringify([e.component, e.action, e.each, e.source]), row = actions.get(key) || { ...e, count: 0, nanojoules: 0 };
    row.count += e.count;
    row.nanojoules += e.nanojoules;
    actions.set(key, row);
  }
  byId('action-table').innerHTML = table([{ t: 'component' }, { t: 'action' }, { t: 'count', n: 1 }, { t: 'pJ each', n: 1 }, { t: 'nJ', n: 1 }, { t: 'source', source: 1 }],
    [...actions.values()].sort((a, b) => b.nanojoules - a.nanojoules).map(e => [e.component, e.action, number(e.count), number(e.each), number(e.nanojoules), e.source]));
  const pretty = json => { try { return JSON.stringify(JSON.parse(json), null, 2); } catch { return json; } };
  byId('configuration').innerHTML = `<div><h4>Architecture</h4><pre>${escapeHtml(pretty(text(detail.architecture)))}</pre></div><div><h4>Quantization recipe</h4><pre>${escapeHtml(pretty(text(detail.recipe)))}</pre><h4>Network and inputs</h4>${
    pairs([['network', text(detail.network)], ...detail.digests.map(([k, v]) => [text(k), text(v)]), ['design key', detail.key]])}</div>`;
}

const share = (part, whole) => whole ? percent(part / whole) : '';

function bars(id, layers, series, format, stacked = true, zeroMessage = 'Nothing to show: every value is zero.', unit = '') {
  if (series.every(([, values]) => values.every(v => !v))) return emptyPlot(id, zeroMessage);
  const long = layers.length > 6 || layers.some(l => l.name.length > 12);
  fullPlot(id).setOption({
    animation: false, color: colours, textStyle: { fontFamily: fontOfPage },
    grid: { left: 8, right: 12, top: series.length > 1 ? 34 : 12, bottom: 4, containLabel: true },
    legend: { show: series.length > 1, type: 'scroll', top: 0, left: 0, itemWidth: 12, itemHeight: 12, textStyle: { color: shade('ink') }, pageTextStyle: { color: shade('soft') }, pageIconColor: shade('accent') },
    tooltip: { ...tooltipStyle(), trigger: 'axis', axisPointer: { type: 'shadow' }, formatter: list => `<div class="tip"><b>${escapeHtml(list[0].name)}</b><table>${
      list.filter(e => e.value !== null && e.value !== undefined).map(e => `<tr><td>${e.marker}${escapeHtml(e.seriesName)}</td><td>${escapeHtml(format(e.value))}</td></tr>`).join('')}</table></div>` },
    xAxis: { ...axisStyle(), type: 'category', data: layers.map(l => l.name), axisLabel: { color: shade('soft'), interval: 0, rotate: long ? 40 : 0, formatter: n => n.length > 16 ? n.slice(0, 15) + '…' : n, hideOverlap: true }, splitLine: { show: false } },
    yAxis: { ...axisStyle(), type: 'value', axisLabel: { color: shade('soft'), formatter: v => number(v) + unit } },
    series: series.map(([name, values]) => ({ type: 'bar', name, data: values, stack: stacked ? 'all' : undefined, barMaxWidth: 46 })),
  }, { notMerge: true });
}

function drawNumerics(layers) {
  const measured = layers.filter(l => l.numerics);
  if (measured.length === 0) {
    emptyPlot('chart-sqnr', 'No data set was given, so values were not simulated.');
    emptyPlot('chart-range', 'No data set was given, so values were not simulated.');
    return;
  }
  bars('chart-sqnr', measured, [['SQNR', measured.map(l => l.numerics.sqnr)]], v => withUnit(v, 'dB'), false, 'The ratio is not known: the float outputs are all zero.');
  const rate = (part, whole) => measured.map(l => l.numerics[whole] ? 100 * l.numerics[part] / l.numerics[whole] : 0);
  bars('chart-range', measured, [['outputs overflowed', rate('overflowed', 'outputs')], ['outputs NaN', rate('nan', 'outputs')], ['inputs saturated', rate('saturated', 'encoded')]],
    v => percent(v / 100), false, 'Nothing overflowed, became NaN or saturated in any layer.', ' %');
}

function drawArea(detail) {
  const parts = new Map();
  for (const [component, , value] of detail.area) parts.set(text(component), (parts.get(text(component)) || 0) + value);
  if (parts.size === 0) return emptyPlot('chart-area', 'No area is known.');
  const total = [...parts.values()].reduce((s, v) => s + v, 0);
  fullPlot('chart-area').setOption({
    animation: false, color: colours, textStyle: { fontFamily: fontOfPage }, grid: { left: 4, right: 4, top: 40, bottom: 4 },
    legend: { type: 'scroll', top: 0, left: 0, itemWidth: 12, itemHeight: 12, textStyle: { color: shade('ink') }, pageTextStyle: { color: shade('soft') } },
    tooltip: { ...tooltipStyle(), trigger: 'item', formatter: e => `<div class="tip"><b>${escapeHtml(e.seriesName)}</b>${number(e.value / 1e6)} mm2, ${percent(e.value / total)}</div>` },
    xAxis: { type: 'value', max: total, show: false }, yAxis: { type: 'category', data: ['area'], show: false },
    series: [...parts].sort((a, b) => b[1] - a[1]).map(([name, value]) => ({ type: 'bar', name, stack: 'all', data: [value], barWidth: 44 })),
  }, { notMerge: true });
}
redraws.push(drawSelected);

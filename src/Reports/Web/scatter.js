// All designs by two metrics of the reader's choice.
const known = metrics.filter(m => ran.some(p => valueOf(p, m) !== null));
const choice = { x: null, y: null, colour: null };

function fillChoices() {
  const options = list => list.map(m => `<option value="${escapeHtml(m.name)}">${escapeHtml(m.label || m.name)}</option>`).join('');
  byId('axis-x').innerHTML = byId('axis-y').innerHTML = options(known);
  byId('colour').innerHTML = options(varied.length ? varied : axes) || '<option>none</option>';
  const listed = objectives.map(o => o.metric);
  choice.y = listed[0] || known[0];
  choice.x = listed[1] || known[1] || known[0];
  choice.colour = varied[0] || axes[0] || null;
  byId('axis-x').value = choice.x.name;
  byId('axis-y').value = choice.y.name;
  if (choice.colour) byId('colour').value = choice.colour.name;
  for (const side of ['x', 'y']) {
    suggestLog(side);
    byId(`axis-${side}`).addEventListener('change', e => { choice[side] = metricNamed(e.target.value); suggestLog(side); drawScatter(true); });
    byId(`log-${side}`).addEventListener('change', () => drawScatter(true));
  }
  byId('colour').addEventListener('change', e => { choice.colour = axes.find(a => a.name === e.target.value); drawScatter(true); });
  const violating = ran.filter(p => p.violations.length).length;
  byId('violating').checked = violating === ran.length;
  byId('violating').parentElement.hidden = violating === 0;
  for (const box of ['only-front', 'violating']) byId(box).addEventListener('change', () => drawScatter(true));
  byId('reset-zoom').addEventListener('click', () => drawScatter(true));
  byId('save-png').addEventListener('click', () => {
    const link = document.createElement('a');
    link.href = chartIn('scatter').getDataURL({ pixelRatio: 2, backgroundColor: shade('card') });
    link.download = `${choice.y.name}_over_${choice.x.name}.png`;
    link.click();
  });
}

// Decades apart: a linear axis would press most designs into a corner.
function suggestLog(side) {
  const [low, high] = span(ran.map(p => valueOf(p, choice[side]))), possible = low > 0;
  byId(`log-${side}`).checked = possible && high / low > 20;
  byId(`log-${side}`).disabled = !possible;
}

function tip(point) {
  const rows = list => `<table>${list.map(([a, b]) => `<tr><td>${escapeHtml(a)}</td><td>${escapeHtml(b)}</td></tr>`).join('')}</table>`;
  const marks = (point.slow ? ' <span class="badge bad">misses its clock</span>' : '') + (point.front ? ' <span class="badge front">front</span>' : point.violations.length ? ' <span class="badge bad">violates</span>' : '');
  const shown = [...new Set([choice.x, choice.y, ...objectives.map(o => o.metric)])];
  return `<div class="tip"><b>Design ${point.index}${marks}</b>${rows((varied.length ? varied : axes).map(a => [a.name, point.parameters[a.column]]))}<hr>${rows(shown.map(m => [m.label, withUnit(valueOf(point, m), m.unit)]))}</div>`;
}

function drawScatter(reset) {
  if (!charts) return;
  if (ran.length === 0) return emptyPlot('scatter', 'No design has run.');
  const { x, y, colour } = choice, fresh = reset || !drawn.has('scatter');
  const shown = ran.filter(p => valueOf(p, x) !== null && valueOf(p, y) !== null && (!byId('only-front').checked || p.front) && (byId('violating').checked || !p.violations.length));
  const groups = colour ? colour.values : [''];
  const inGroup = (p, g) => !colour || p.parameters[colour.column] === g;
  const ends = new Map([x, y].map((m, i) => [m, [-1, 1].map(end => margin(shown.map(p => valueOf(p, m)), end, byId(`log-${'xy'[i]}`).checked))]));
  // An infinite value has its mark, a triangle, at the end of the axis.
  const at = (value, m) => value === Infinity ? ends.get(m)[1] : value === -Infinity ? ends.get(m)[0] : value;
  const item = p => ({
    value: [at(valueOf(p, x), x), at(valueOf(p, y), y)], symbol: Number.isFinite(valueOf(p, x)) && Number.isFinite(valueOf(p, y)) ? 'circle' : 'triangle', index: p.index, symbolSize: p.index === state.selected ? 17 : p.front ? 12 : 8,
    itemStyle: {
      opacity: p.violations.length ? 0.15 : p.front || p.index === state.selected ? 1 : 0.5,
      borderColor: p.index === state.selected ? shade('accent') : p.front ? shade('ink') : 'transparent', borderWidth: p.index === state.selected ? 4 : p.front ? 1.4 : 0,
    },
  });
  const axis = (m, side, gap) => ({
    ...axisStyle(), type: byId(`log-${side}`).checked ? 'log' : 'value', logBase: decades(shown.map(p => valueOf(p, m))) < 2.5 ? 2 : 10, scale: true, name: m.heading, nameLocation: 'middle', nameGap: gap,
    min: ends.get(m)[0], max: ends.get(m)[1],
    axisLabel: { color: shade('soft'), formatter: v => number(v), hideOverlap: true, showMinLabel: false, showMaxLabel: false },
  });
  const chart = fullPlot('scatter');
  chart.setOption({
    animation: false, textStyle: { fontFamily: fontOfPage },
    color: colours,
    grid: { left: 74, right: 18, top: groups.length > 1 ? 46 : 16, bottom: 56 },
    legend: { show: groups.length > 1, type: 'scroll', top: 0, left: 0, textStyle: { color: shade('ink') }, pageTextStyle: { color: shade('soft') }, pageIconColor: shade('accent'), data: groups },
    tooltip: { ...tooltipStyle(), trigger: 'item', formatter: e => e.data && e.data.index !== undefined ? tip(byIndex.get(e.data.index)) : '' },
    xAxis: axis(x, 'x', 32), yAxis: axis(y, 'y', 54),
    dataZoom: fresh ? [{ type: 'inside', xAxisIndex: 0, filterMode: 'none', start: 0, end: 100 }, { type: 'inside', yAxisIndex: 0, filterMode: 'none', start: 0, end: 100 }] : undefined,
    series: [
      ...scopes().map(network => ({ type: 'line', name: 'front of these two', data: frontOfTwo(shown.filter(p => !p.violations.length && (!network || p.network === network)), x, y).map(([a, b]) => [at(a, x), at(b, y)]),
        showSymbol: false, silent: true, z: 1, lineStyle: { color: shade('front'), width: 1.6 }, tooltip: { show: false } })),
      ...groups.map((g, i) => ({ type: 'scatter', name: g, z: 3, data: shown.filter(p => inGroup(p, g)).sort((a, b) => a.front - b.front).map(item), itemStyle: { color: colours[i % colours.length] }, emphasis: { scale: 1.3 } })),
    ],
  }, fresh ? { notMerge: true } : { replaceMerge: ['series'] });
  chart.off('click');
  chart.on('click', e => { if (e.data && e.data.index !== undefined) select(e.data.index); });
}

// Networks that have a front each; one nameless scope when all compete.
const scopes = () => head.fronts.length ? head.fronts.map(f => f.network) : [''];

// Least and largest finite value, [undefined, undefined] when there is none.
function span(values) {
  let low, high;
  for (const v of values) {
    if (!Number.isFinite(v)) continue;
    if (low === undefined || v < low) low = v;
    if (high === undefined || v > high) high = v;
  }
  return [low, high];
}
function decades(values) {
  const [low, high] = span(values);
  return low > 0 ? Math.log10(high / low) : 0;
}

// Room around the outermost designs, in the measure of the axis.
function margin(values, side, log) {
  const [low, high] = span(values);
  if (low === undefined) return side < 0 ? 0 : 1;
  if (log) return side < 0 ? low / (high / low) ** 0.05 / 1.02 : high * (high / low) ** 0.05 * 1.02;
  const room = (high - low || Math.abs(high) || 1) * 0.05;
  const end = side < 0 ? low - room : high + room;
  return side < 0 && low >= 0 ? Math.max(0, end) : end;
}
redraws.push(() => drawScatter(false));

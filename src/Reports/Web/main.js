// Puts the page together.
function drawFacts() {
  const count = status => points.filter(p => p.status === status).length;
  const facts = [['Designs', `${number(data.pointCount)}`], ['Ran', number(count('ok'))]];
  if (count('infeasible')) facts.push(['Infeasible', number(count('infeasible'))]);
  if (count('failed')) facts.push(['Failed', number(count('failed'))]);
  if (points.length < data.pointCount) facts.push(['Not run yet', number(data.pointCount - points.length)]);
  for (const f of data.fronts) {
    const name = f.network ? `Front of ${f.network}` : 'Pareto front';
    facts.push([name, `${f.members.length} <small>of ${f.candidates}</small>`]);
    if (f.hypervolume !== null) facts.push([f.network ? `Hypervolume, ${f.network}` : 'Hypervolume', `${f.hypervolume.toFixed(3)} <small>of 1</small>`]);
  }
  byId('facts').innerHTML = facts.map(([k, v]) => `<div><dt>${escapeHtml(k)}</dt><dd>${v}</dd></div>`).join('') +
    `<div><dt>Objectives</dt><dd style="font-size:15px;font-weight:500">${objectives.map(o => `${o.goal === 'maximize' ? '↑' : '↓'}\u00a0${escapeHtml(o.metric.label)}`).join(', ')}</dd></div>` +
    (data.constraints.length ? `<div><dt>Constraints</dt><dd style="font-size:15px;font-weight:500">${data.constraints.map(escapeHtml).join(', ')}</dd></div>` : '');
}

function drawProblems() {
  const groups = new Map();
  for (const p of points.filter(q => q.reason)) {
    const key = `${p.status}: ${p.reason}`;
    groups.set(key, [...(groups.get(key) || []), p.index]);
  }
  for (const p of ran)
    for (const w of p.detail.warnings) {
      const key = `warning: ${text(w)}`;
      groups.set(key, [...(groups.get(key) || []), p.index]);
    }
  if (groups.size === 0) return;
  byId('problems').hidden = byId('problems-title').hidden = false;
  byId('problems').innerHTML = table([{ t: 'designs', n: 1 }, { t: 'what and why' }, { t: 'which' }],
    [...groups].sort((a, b) => a[0].startsWith('warning') - b[0].startsWith('warning') || b[1].length - a[1].length).map(([reason, list]) => [list.length, reason, list.slice(0, 12).join(', ') + (list.length > 12 ? ', …' : '')]));
}

function drawWarnings() {
  const all = [...data.warnings];
  if (all.length === 0) return;
  byId('warnings').hidden = false;
  byId('warnings').innerHTML = all.map(w => `<p>⚠ ${escapeHtml(w)}</p>`).join('');
}

function step(by) {
  if (frontPoints.length === 0) return;
  const at = frontPoints.findIndex(p => p.index === state.selected);
  select(frontPoints[(at + by + frontPoints.length) % frontPoints.length].index);
}

if (!charts) document.body.classList.add('no-charts');
drawFacts();
drawWarnings();
if (known.length) fillChoices();
startTable();
drawProblems();
byId('study-text').textContent = data.studyText;
byId('study-card').hidden = !data.studyText;
byId('footer').textContent = `Made by sim ${data.toolVersion}${data.digest ? ` from study ${data.digest}` : ''}. Costs are per inference; every source is listed with its number.`;
byId('previous').addEventListener('click', () => step(-1));
byId('next').addEventListener('click', () => step(1));
paintTheme();

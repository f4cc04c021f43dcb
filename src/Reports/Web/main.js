// Puts the page together.
function drawFacts() {
  const count = status => head.counts[status] || 0, facts = [];
  if (!single) {
    facts.push(['Designs', number(head.pointCount)], ['Ran', number(count('ok'))]);
    if (count('infeasible')) facts.push(['Infeasible', number(count('infeasible'))]);
    if (count('failed')) facts.push(['Failed', number(count('failed'))]);
    if (head.finished < head.pointCount) facts.push(['Not run yet', number(head.pointCount - head.finished)]);
    // A front of one design alone says nothing.
    for (const f of head.fronts.filter(g => g.candidates !== 1)) {
      facts.push([f.network ? `Front of ${f.network}` : 'Pareto front', `${f.members} <small>of ${f.candidates}</small>`]);
      if (f.hypervolume !== null) facts.push([f.network ? `Hypervolume, ${f.network}` : 'Hypervolume', `${f.hypervolume.toFixed(3)} <small>of 1</small>`]);
    }
  }
  byId('facts').innerHTML = facts.map(([k, v]) => `<div><dt>${escapeHtml(k)}</dt><dd>${v}</dd></div>`).join('') + (single ? '' :
    `<div><dt>Objectives</dt><dd class="words">${objectives.map(o => `${o.goal === 'maximize' ? '↑' : '↓'}\u00a0${escapeHtml(o.metric.label)}`).join(', ')}</dd></div>`) +
    (head.constraints.length ? `<div><dt>Constraints</dt><dd class="words">${head.constraints.map(escapeHtml).join(', ')}</dd></div>` : '');
}

function drawProblems() {
  if (head.problems.length === 0) return;
  byId('problems').hidden = byId('problems-title').hidden = false;
  const rows = head.problems.map(([kind, words, count, first]) => [number(count), kind, words, first.join(', ') + (count > first.length ? ', …' : '')]);
  byId('problems').innerHTML = table([{ t: 'designs', n: 1 }, { t: 'kind' }, { t: 'what and why' }, { t: 'which' }], rows) +
    (head.problemsLeftOut ? `<p class="hint">and ${number(head.problemsLeftOut)} other reasons: designs.csv has them all</p>` : '');
}

function drawWarnings() {
  const all = [...head.warnings];
  if (head.listed < head.finished) all.push(`This page lists ${number(head.listed)} of ${number(head.finished)} designs: those on fronts and every n-th of the others. The CSV and JSON files hold all.`);
  if (head.detailed < ran.length) all.push(`Layers and costs of ${number(head.detailed)} of the ${number(ran.length)} designs listed are in this page, those on fronts first. layers.csv and costs.csv hold all.`);
  if (head.slow) all.push(`${number(head.slow)} of the designs miss their clock, which the study allows: their latency cannot be reached. They are marked with !.`);
  if (all.length === 0) return;
  byId('warnings').hidden = false;
  byId('warnings').innerHTML = all.map(w => `<p>⚠ ${escapeHtml(w)}</p>`).join('');
}

function step(by) {
  if (frontPoints.length === 0) return;
  const at = frontPoints.findIndex(p => p.index === state.selected);
  select(frontPoints[(at + by + frontPoints.length) % frontPoints.length].index);
}

// One design has no trade-offs and no table of designs.
const single = head.pointCount === 1 && ran.length === 1;
if (single) document.body.classList.add('single');
if (!charts) document.body.classList.add('no-charts');
drawFacts();
drawWarnings();
if (known.length) fillChoices();
startTable();
drawProblems();
byId('study-text').textContent = head.studyText;
byId('study-card').hidden = !head.studyText;
byId('footer').textContent = `Made by sim ${head.toolVersion}${head.digest ? ` from study ${head.digest}` : ''}. Costs are per inference; every source is listed with its number.`;
byId('previous').addEventListener('click', () => step(-1));
byId('next').addEventListener('click', () => step(1));
paintTheme();

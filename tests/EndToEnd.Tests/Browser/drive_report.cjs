// Opens a report in Chromium without a network and uses it as a reader would. Prints one JSON object; the test judges it.
// usage: node drive_report.cjs REPORT.html CHROMIUM [SCREENSHOT_PREFIX]
const puppeteer = require('puppeteer-core');
const os = require('os');
const fs = require('fs');
const path = require('path');

const wait = ms => new Promise(resolve => setTimeout(resolve, ms));

async function main() {
  const [report, chromium, screenshots] = process.argv.slice(2);
  const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'sim-browser-'));
  const browser = await puppeteer.launch({
    executablePath: chromium, userDataDir: profile,
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
  const result = { errors: [], requests: [] };
  try {
    const page = await browser.newPage();
    page.on('console', m => { if (m.type() === 'error' || m.type() === 'warn') result.errors.push(m.text()); });
    page.on('pageerror', e => result.errors.push(String(e.message)));
    page.on('request', r => { if (!r.url().startsWith('file:') && !r.url().startsWith('data:')) result.requests.push(r.url()); });
    await page.setViewport({ width: 1400, height: 1000 });
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'light' }]);
    await page.goto('file://' + report, { waitUntil: 'load', timeout: 30000 });
    await wait(500);

    // On these axes members of the front lie apart.
    await page.click('#only-front');
    await page.select('#axis-x', 'latency');
    await page.select('#axis-y', 'area');
    await wait(200);
    // A front member whose mark nothing else covers, so that the hover has one right answer.
    const target = await page.evaluate(() => {
      const chart = echarts.getInstanceByDom(document.getElementById('scatter'));
      const marks = chart.getOption().series.flatMap((s, i) => s.type === 'scatter' ? s.data.map(d => ({ index: d.index, pixel: chart.convertToPixel({ seriesIndex: i }, d.value) })) : []);
      const data = JSON.parse(document.getElementById('data').textContent);
      const front = new Set(data.points.filter(p => p.f === 1).map(p => p.i));
      const alone = marks.filter(m => front.has(m.index) && marks.every(o => o === m || Math.hypot(o.pixel[0] - m.pixel[0], o.pixel[1] - m.pixel[1]) > 14));
      const chosen = alone[0] || marks[0];
      const box = document.getElementById('scatter').getBoundingClientRect();
      return { index: chosen.index, x: box.left + chosen.pixel[0], y: box.top + chosen.pixel[1], alone: alone.length, designs: marks.length };
    });
    result.target = target;
    await page.mouse.move(target.x - 60, target.y - 40);
    await page.mouse.move(target.x, target.y, { steps: 8 });
    await wait(400);
    result.tip = await page.evaluate(() => { const tip = document.querySelector('#scatter .tip'); return tip && tip.getClientRects().length ? tip.innerText : ''; });
    if (screenshots) await page.screenshot({ path: `${screenshots}_hover.png` });
    await page.mouse.click(target.x, target.y);
    await wait(300);
    result.selected = await page.$eval('#selected-title', e => e.innerText);
    result.charts = await page.$$eval('#layer-charts canvas', list => list.length);

    // The wheel zooms: the visible range of the horizontal axis shrinks.
    const range = () => page.evaluate(() => { const z = echarts.getInstanceByDom(document.getElementById('scatter')).getOption().dataZoom[0]; return z.end - z.start; });
    const before = await range();
    await page.mouse.wheel({ deltaY: -300 });
    await wait(300);
    result.zoomed = before - await range();

    const rows = () => page.$$eval('#table tbody tr', list => list.length);
    result.rows = await rows();
    await page.type('#filter', 'int8_acc32 mlp energy<1e9');
    await wait(200);
    result.filtered = await page.$$eval('#table tbody tr', list => list.map(r => r.innerText));
    result.filteredCount = await page.$eval('#table-count', e => e.innerText);
    await page.$eval('#filter', e => { e.value = ''; e.dispatchEvent(new Event('input')); });
    await page.click('#table button[data-sort="area"]');
    await wait(100);
    result.sorted = await page.evaluate(() => [...document.querySelectorAll('#table tbody tr')].map(r => Number(r.dataset.index)));
    const first = await page.$('#table tbody tr td:nth-child(3)');
    await first.click();
    result.rowSelected = await page.$eval('#selected-title', e => e.innerText);

    const colours = () => page.evaluate(() => ({ page: getComputedStyle(document.body).backgroundColor, ink: getComputedStyle(document.body).color }));
    result.light = await colours();
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'dark' }]);
    await wait(300);
    result.dark = await colours();
    if (screenshots) await page.screenshot({ path: `${screenshots}_dark.png` });
    await page.click('#theme');
    await wait(200);
    result.toggled = await colours();
    await page.setViewport({ width: 700, height: 1000 });
    await wait(400);
    result.narrowOverflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  } finally {
    await browser.close();
    fs.rmSync(profile, { recursive: true, force: true });
  }
  process.stdout.write(JSON.stringify(result));
}

main().catch(e => { process.stderr.write(String(e.stack || e)); process.exit(1); });

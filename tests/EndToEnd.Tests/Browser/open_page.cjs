// Opens a page in Chromium without a network, wide and narrow. Prints one JSON object; the test judges it.
// usage: node open_page.cjs PAGE.html CHROMIUM
const puppeteer = require('puppeteer-core');
const fs = require('fs');
const os = require('os');
const path = require('path');

async function main() {
  const [file, chromium] = process.argv.slice(2);
  const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'sim-browser-'));
  const browser = await puppeteer.launch({
    executablePath: chromium, userDataDir: profile,
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
  const result = { errors: [], requests: [], overflow: {} };
  try {
    const page = await browser.newPage();
    page.on('console', m => { if (m.type() === 'error' || m.type() === 'warn') result.errors.push(m.text()); });
    page.on('pageerror', e => result.errors.push(String(e.message)));
    page.on('request', r => { if (!r.url().startsWith('file:') && !r.url().startsWith('data:')) result.requests.push(r.url()); });
    for (const width of [1400, 400]) {
      await page.setViewport({ width, height: 1000 });
      await page.goto('file://' + file, { waitUntil: 'load', timeout: 30000 });
      result.overflow[width] = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    }
    await page.setViewport({ width: 1400, height: 1000 });
    // Texts of one picture that lie on each other cannot be read; names of loops are drawn on their boxes.
    Object.assign(result, await page.evaluate(() => {
      const overlaps = [];
      for (const picture of document.querySelectorAll('svg')) {
        const texts = [...picture.querySelectorAll('text')].filter(t => !t.hasAttribute('transform')).map(t => ({ t, b: t.getBoundingClientRect() }));
        texts.forEach((one, i) => texts.slice(i + 1).forEach(other => {
          const across = Math.min(one.b.right, other.b.right) - Math.max(one.b.left, other.b.left);
          const down = Math.min(one.b.bottom, other.b.bottom) - Math.max(one.b.top, other.b.top);
          if (across > 2 && down > 5) overlaps.push(`${one.t.textContent} | ${other.t.textContent}`);
        }));
      }
      const links = [...document.querySelectorAll('a')];
      return {
        overlaps, pictures: document.querySelectorAll('svg').length, links: links.length,
        broken: links.filter(a => !document.getElementById((a.getAttribute('href') || a.href.baseVal).slice(1))).length,
        empty: [...document.querySelectorAll('svg')].filter(s => s.getBoundingClientRect().height < 20).length,
      };
    }));
  } finally {
    await browser.close();
    fs.rmSync(profile, { recursive: true, force: true });
  }
  console.log(JSON.stringify(result));
}

main().catch(e => { console.error(e); process.exit(1); });

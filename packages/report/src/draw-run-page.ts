// The page of a run as one HTML file that needs nothing else: no script, no request.
import { createMaker } from './dom/element.ts';
import { formatHeadline } from './page/headline.ts';
import type { RunPage } from './page/run-page.ts';
import { PAGE_STYLE } from './page-style.ts';
import { drawClasses } from './sections/classes-section.ts';
import { drawConnectivity, drawFrozen, drawWidths } from './sections/layers-sections.ts';
import { drawOrigin } from './sections/origin-section.ts';
import { drawOutcome } from './sections/outcome-section.ts';
import { drawSensitivities } from './sections/sensitivity-section.ts';
import { drawTradeOffs } from './sections/trade-off-section.ts';
import { drawProofs, drawTries } from './sections/tries-section.ts';

/** `report.html`; `document` is any HTML document, which is used to make elements and stays as it is. */
export function drawRunPage(page: RunPage, document: Document): string {
  const maker = createMaker(document);
  const { html } = maker;
  const sections = [
    drawTradeOffs(page, maker),
    drawClasses(page, maker),
    drawSensitivities(page, maker),
    drawWidths(page, maker),
    drawConnectivity(page, maker),
    drawFrozen(page, maker),
    drawTries(page, maker),
    drawProofs(page, maker),
    drawOrigin(page, maker),
  ].filter((section) => section !== undefined);
  const links = sections.map((section) =>
    html('a', { href: `#${section.id}` }, section.querySelector('h2')!.textContent ?? ''),
  );
  const whole = html(
    'html',
    { lang: 'en' },
    html(
      'head',
      {},
      html('meta', { charset: 'utf-8' }),
      html('meta', { name: 'viewport', content: 'width=device-width, initial-scale=1' }),
      html('meta', { name: 'color-scheme', content: 'light dark' }),
      html('title', {}, `${page.title}: ${formatHeadline(page)}`),
      html('style', {}, PAGE_STYLE),
    ),
    html(
      'body',
      {},
      drawOutcome(page, maker),
      html('nav', {}, ...links),
      ...sections,
      html('footer', {}, 'Drawn by espalier from the journal of the run.'),
    ),
  );
  return `<!doctype html>\n${whole.outerHTML}\n`;
}

// Where the run comes from and how it is repeated: commands, settings, versions, machine.
import type { Maker } from '../dom/element.ts';
import { listOrigin } from '../page/origin.ts';
import type { Fact, RunPage } from '../page/run-page.ts';
import { makeSection } from './section.ts';

/** Draws it. */
export function drawOrigin(page: RunPage, maker: Maker): HTMLElement {
  const { html } = maker;
  const { commands, environment } = listOrigin(page);
  const list = (facts: readonly Fact[]): HTMLElement =>
    html(
      'dl',
      {},
      ...facts.map(([name, value]) => html('div', {}, html('dt', {}, name), html('dd', {}, value))),
    );
  return makeSection(
    maker,
    { id: 'origin', title: 'To do it again' },
    ...commands.flatMap(([name, command]) => [
      html('h3', {}, name),
      html('pre', {}, html('code', {}, command)),
    ]),
    ...(environment.length > 0 ? [html('h3', {}, 'Environment'), list(environment)] : []),
    ...(page.settings.length > 0
      ? [html('details', {}, html('summary', {}, 'All settings'), list(page.settings))]
      : []),
  );
}

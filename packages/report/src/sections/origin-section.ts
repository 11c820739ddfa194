// Where the run comes from and how it is repeated: commands, settings, versions, machine.
import type { Maker } from '../dom/element.ts';
import { listOrigin } from '../page/origin.ts';
import type { Fact, RunPage } from '../page/run-page.ts';
import { breakable, makeSection } from './section.ts';

/** Values longer than this have a line to themselves, characters. */
const LONG = 32;

/** Draws it. */
export function drawOrigin(page: RunPage, maker: Maker): HTMLElement {
  const { html } = maker;
  const { commands, environment } = listOrigin(page);
  const list = (facts: readonly Fact[]): HTMLElement =>
    html(
      'dl',
      {},
      ...facts.map(([name, value]) =>
        html(
          'div',
          { class: value.length > LONG ? 'long' : undefined },
          html('dt', {}, name),
          html('dd', {}, ...breakable(maker, value)),
        ),
      ),
    );
  return makeSection(
    maker,
    { id: 'origin', title: 'To do it again' },
    ...commands.flatMap(([name, command]) => [
      html('h3', {}, name),
      html('pre', {}, html('code', {}, ...splitCommand(command).map((part) => html('span', {}, part)))),
    ]),
    ...(environment.length > 0 ? [html('h3', {}, 'Environment'), list(environment)] : []),
    ...(page.settings.length > 0
      ? [html('details', {}, html('summary', {}, 'All settings'), list(page.settings))]
      : []),
  );
}

/** A command with each option and its value in one piece, so that lines break between options. */
function splitCommand(command: string): readonly string[] {
  return command.split(/(?<=\s)(?=--?[a-zA-Z])/);
}

// `espalier groups`: which channels are tied together, as text, JSON or a Graphviz graph.
import { describeGroups } from '../describe/describe-groups.ts';
import { formatDot } from '../report/groups-dot.ts';
import { formatGroups } from '../report/groups-report.ts';
import { analyseModel } from './analyse.ts';
import type { RunCommand } from './command.ts';

/** Runs the command. */
export const runGroups: RunCommand<'groups'> = async (context) => {
  const { options, terminal } = context;
  const document = describeGroups(await analyseModel(context.arguments[0]!, context));
  switch (options.format) {
    case 'text':
      return { document, lines: formatGroups(document, terminal.paint) };
    case 'json':
      return { document, lines: [JSON.stringify(document, null, 2)] };
    case 'dot':
      return { document, lines: formatDot(document) };
  }
};

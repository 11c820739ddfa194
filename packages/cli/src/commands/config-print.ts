// `espalier config print`: every option with its value and where the value comes from.
import type { ConfigDocument } from '../documents/config-document.ts';
import { kebabName } from '../options/option-row.ts';
import { type OptionName, optionsOf } from '../options/options.ts';
import { formatConfig } from '../report/config-report.ts';
import type { RunCommand } from './command.ts';

/** Runs the command. */
export const runConfigPrint: RunCommand<'config print'> = async ({ options, sources, config, terminal }) => {
  const values: Readonly<Partial<Record<OptionName, ConfigDocument['options'][number]['value']>>> = {
    ...options,
  };
  const document: ConfigDocument = {
    schema: 'espalier/config@1',
    file: config?.path ?? null,
    options: optionsOf('config print').map(([name]) => ({
      name: kebabName(name),
      value: values[name] ?? null,
      source: sources[name] ?? 'default',
    })),
  };
  return { document, lines: formatConfig(document, terminal.paint) };
};

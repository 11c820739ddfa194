// The JSON document of `devices profile`.
import { z } from 'zod';
import { deviceField } from './device-field.ts';
import { modelField, rooflineField } from './fields.ts';

const sideField = z.object({
  step: z.number().describe('widths up to the next multiple take as long as that; 1 without steps'),
  unit: z.number().describe('widths that are no multiple take the penalty'),
  penalty: z.number().describe('factor, 1 for none'),
  times: z.array(z.object({ width: z.int(), ms: z.number() })).describe('what it was read off'),
});

/** What was learned of a device. */
export const devicesProfileDocument = z.object({
  schema: z.literal('espalier/devices-profile@1'),
  device: deviceField,
  stairs: z
    .object({
      inputs: sideField.describe('the width that a layer reads varies'),
      outputs: sideField.describe('the width that it writes varies'),
    })
    .describe('how the time of a 3x3 convolution follows one of its widths, the other being 64'),
  roofline: rooflineField.optional().describe('absent where the device cannot measure it'),
  models: z.array(
    modelField.extend({
      layers: z.int().describe('convolutions and products that are timed'),
      kinds: z.int().describe('of layers that differ in more than their widths'),
      knownKinds: z.int().describe('of these the table has times of'),
      samples: z.int().describe('times that were measured now'),
      modelError: z
        .number()
        .nullable()
        .describe(
          'median relative error of the latency model on whole cuts that it had not seen; null where nothing can be cut',
        ),
    }),
  ),
  table: z.object({
    path: z.string().nullable().describe('absolute; null where there is no cache folder'),
    kinds: z.int().describe('of layers, of all models so far'),
    samples: z.int().describe('times of layers at one pair of widths each'),
  }),
  next: z.string(),
});

/** The document's type. */
export type DevicesProfileDocument = z.infer<typeof devicesProfileDocument>;

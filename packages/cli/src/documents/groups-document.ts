// The JSON document of `groups`.
import { z } from 'zod';
import { modelField, reasonField } from './fields.ts';

/** Which channels go together, and which convolution feeds which. */
export const groupsDocument = z.object({
  schema: z.literal('espalier/groups@1'),
  model: modelField,
  metrics: z.object({
    groups: z.int().describe('groups that can be cut'),
    frozenGroups: z.int(),
    channels: z.int().describe('coupled channels that can go'),
  }),
  connectivity: z
    .array(
      z.object({
        node: z.string().describe('name of the first output'),
        operator: z.string(),
        consumers: z
          .array(
            z.object({
              node: z.string(),
              slot: z.int().describe('which part of its concatenated input, from 0'),
            }),
          )
          .describe('the nodes whose weights read its channels'),
        sizes: z
          .array(z.int())
          .describe('channels in each slot of its own concatenated input; empty without one'),
      }),
    )
    .describe('every node that makes or reads channels by weights, in graph order'),
  groups: z.array(
    z.object({
      id: z.int(),
      root: z.string().describe('the first node that makes its channels; empty for padding'),
      channels: z.int(),
      uses: z
        .array(
          z.object({
            node: z.string(),
            operator: z.string(),
            value: z.string().describe('the weight'),
            role: z.enum(['produce', 'consume', 'pass']),
            axis: z.int(),
            count: z.int().describe('slices of the weight per channel'),
          }),
        )
        .describe('what a cut of one channel takes'),
      meetings: z
        .array(z.object({ node: z.string(), operator: z.string() }))
        .describe('nodes where channels of several makers meet element by element, so that they go together'),
      branch: z
        .array(z.string())
        .optional()
        .describe(
          'for groups that may go altogether: the roots of all groups that go then, with their layers',
        ),
      frozen: reasonField.optional(),
    }),
  ),
});

/** The document's type. */
export type GroupsDocument = z.infer<typeof groupsDocument>;

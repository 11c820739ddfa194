// The JSON Schema of the plan document: what `docs/plan.md` prints and `readPlan` checks.
import type { JsonSchema } from './json-schema.ts';
import { PLAN_VERSION } from './plan.ts';

const index: JsonSchema = { type: 'integer', minimum: 0 };
const indices: JsonSchema = { type: 'array', items: index };

/** Schema of a {@link Plan}. */
export const planSchema: JsonSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'espalier plan',
  type: 'object',
  required: ['version', 'groups', 'cuts'],
  additionalProperties: false,
  properties: {
    version: { const: PLAN_VERSION },
    model: { type: 'string', pattern: '^[0-9a-f]{64}$', description: 'SHA-256 of the original file' },
    made: { type: 'object', description: 'How the plan was chosen; for people only' },
    groups: {
      type: 'array',
      description: 'What is removed; this part decides',
      items: {
        type: 'object',
        required: ['root', 'channels', 'removed'],
        additionalProperties: false,
        properties: {
          root: { type: 'string', description: 'First output of the node that makes the channels' },
          channels: { ...index, minimum: 1, description: 'Output channels of the root in the original' },
          removed: { ...indices, description: 'Output channels of the root that go' },
        },
      },
    },
    cuts: {
      type: 'array',
      description: 'What follows from the groups for every constant of the model',
      items: {
        type: 'object',
        required: ['node', 'input', 'value', 'role', 'axis', 'indices'],
        additionalProperties: false,
        properties: {
          node: { type: 'string', description: 'First output of the node that reads the constant' },
          input: { ...index, description: 'Which of its inputs' },
          value: { type: 'string', description: 'Initializer, or output of a constant expression' },
          role: { enum: ['consume', 'produce', 'pass'] },
          axis: index,
          indices: { ...indices, description: 'Positions along the axis that go' },
          within: {
            type: 'object',
            description: 'Only in rows from … to (exclusive) of another axis',
            required: ['axis', 'from', 'to'],
            additionalProperties: false,
            properties: { axis: index, from: index, to: index },
          },
        },
      },
    },
  },
};

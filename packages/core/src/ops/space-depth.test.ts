import { describe } from 'vitest';
import { describeCut } from './operator.case.ts';

describe('pixel shuffles', () => {
  for (const [mode, channels] of Object.entries({ DCR: 'abcabcabcabc', CRD: 'aaaabbbbcccc' })) {
    describeCut(`DepthToSpace ${mode} ties the pixels of a channel`, {
      draw: ({ conv, op }, x) => {
        const pixels = op('DepthToSpace', [conv('a', x, [12, 3, 1, 1])], { blocksize: 2, mode });
        return conv('b', pixels, [2, 3, 1, 1]);
      },
      channels: { a: channels },
    });
  }
  describeCut('DepthToSpace of channels on another axis freezes them', {
    input: [1, 3, 4, 4],
    draw: ({ conv, op }, x) => {
      const turned = op('Transpose', [conv('a', x, [6, 3, 1, 1])], { perm: [0, 2, 1, 3] });
      return op('DepthToSpace', [turned], { blocksize: 2 });
    },
    channels: { a: '......' },
    reasons: ['DepthToSpace moves pixels that carry channels'],
  });
  describeCut('SpaceToDepth repeats every channel', {
    draw: ({ conv, op }, x) =>
      conv('b', op('SpaceToDepth', [conv('a', x, [4, 3, 1, 1])], { blocksize: 2 }), [2, 16, 1, 1]),
    channels: { a: 'abcd' },
  });
});

import { expect, it } from 'vitest';
import { describeClassDrop } from './describe-class-drop.ts';

it('tells the drop, and the margin where there is one', () => {
  const base = { name: 'cat', samples: 250, drop: 0.04 };
  expect(describeClassDrop({ ...base, worst: 0.071 })).toBe(
    "class 'cat' loses 0.0400 on 250 samples, perhaps 0.0710",
  );
  // Half confidence leaves nothing but rounding between the two.
  expect(describeClassDrop({ ...base, worst: 0.04 + 1e-15 })).toBe("class 'cat' loses 0.0400 on 250 samples");
});

import { describe, expect, it } from 'vitest';
import { findCriterionData } from './scoring.ts';

describe('findCriterionData', () => {
  it('asks for no data where weights are enough', () => {
    expect(findCriterionData({ criterion: 'fscl', data: 'images' })).toBeUndefined();
    expect(findCriterionData({ criterion: undefined, data: 'images' })).toBeUndefined();
  });

  it('takes the data for calibration before those for measuring', () => {
    expect(findCriterionData({ criterion: 'taylor', data: 'test' })).toBe('test');
    expect(findCriterionData({ criterion: 'taylor', data: 'test', calibrationData: 'train' })).toBe('train');
    expect(findCriterionData({ criterion: 'hrank', data: undefined, calibrationData: 'train' })).toBe(
      'train',
    );
  });

  it('names the criterion that has nothing to look at', () => {
    expect(() => findCriterionData({ criterion: 'hrank', data: undefined })).toThrow(
      expect.objectContaining({ code: 'importance.no-data', kind: 'usage' }),
    );
  });
});

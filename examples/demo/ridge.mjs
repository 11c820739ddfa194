// Ridge regression in closed form: normal equations, solved by Cholesky's factors, with weak features weeded out in a few rounds.

/**
 * What is fitted: score of class k = offsets[k] + Σ weights[k · width + i] · feature[i].
 *
 * @typedef {object} LinearModel
 * @property {Float64Array} weights Class by class.
 * @property {Float64Array} offsets One per class.
 */

/**
 * How it is fitted. `groupSize` consecutive features form a group, default 1.
 *
 * @typedef {object} RidgeOptions
 * @property {number} width Features per row.
 * @property {number} classCount
 * @property {number} [groupSize]
 * @property {number} strength Of the penalty, relative to the number of rows; above 0.
 * @property {number} kept Fraction of the groups that keep their say, above 0.
 */

/** Rounds of fitting: all but the first penalise what the one before found weak, the last two nearly remove what is out. */
const ROUNDS = 6;

/** Penalty that leaves next to nothing of a weight; larger ones would cost the factors their digits. */
const PROHIBITIVE = 1e4;

/**
 * Fits a linear model to one-hot targets by least squares, features brought to mean 0 and variance 1 first, with a penalty on
 * squared weights. Groups that got small weights are penalised more in the next round (reweighting towards the group lasso: "Model
 * selection and estimation in regression with grouped variables", 2006), so that the model comes to rely on `kept` of them.
 *
 * @param {Float32Array} features Row by row.
 * @param {ArrayLike<number>} labels One class index per row.
 * @param {RidgeOptions} options
 * @returns {LinearModel}
 */
export function fitSparseRidge(features, labels, { width, classCount, groupSize = 1, strength, kept }) {
  const { gram, moments, mean, deviation, shares } = measureMoments(features, labels, width, classCount);
  const groups = width / groupSize;
  const penalties = new Float64Array(groups).fill(strength);
  /** @type {Float64Array[]} */
  let solutions = [];
  for (let round = 0; round < ROUNDS; round++) {
    const factor = factorise(gram, penalties, groupSize);
    solutions = moments.map((moment) => solve(factor, moment));
    const norms = measureGroups(solutions, groups, groupSize);
    const typical = norms.reduce((sum, norm) => sum + norm, 0) / groups;
    const weakest = Float64Array.from(norms).sort()[Math.floor(groups * (1 - kept))];
    for (const [group, norm] of norms.entries()) {
      const isOut = round >= ROUNDS - 3 && norm < weakest;
      penalties[group] = isOut ? PROHIBITIVE : strength * Math.min(PROHIBITIVE, typical / norm);
    }
  }
  const weights = new Float64Array(classCount * width);
  const offsets = Float64Array.from(shares);
  for (const [label, solution] of solutions.entries()) {
    for (let i = 0; i < width; i++) {
      const weight = solution[i] / deviation[i];
      weights[label * width + i] = weight;
      offsets[label] -= weight * mean[i];
    }
  }
  return { weights, offsets };
}

/**
 * Correlations of the standardised features with each other (lower triangle, row by row) and with the targets.
 *
 * @param {Float32Array} features
 * @param {ArrayLike<number>} labels
 * @param {number} width
 * @param {number} classCount
 */
function measureMoments(features, labels, width, classCount) {
  const count = labels.length;
  const { mean, deviation } = measureColumns(features, width);
  const gram = Array.from({ length: width }, (_, i) => new Float64Array(i + 1));
  const moments = Array.from({ length: classCount }, () => new Float64Array(width));
  const shares = new Float64Array(classCount);
  // Four rows at a time, so that the sums are read and written a quarter as often; rows beyond the end are 0.
  const rows = Array.from({ length: 4 }, () => new Float64Array(width));
  const [a, b, c, d] = rows;
  for (let first = 0; first < count; first += 4) {
    for (const [step, row] of rows.entries()) {
      row.fill(0);
      if (first + step >= count) continue;
      const label = labels[first + step];
      const moment = moments[label];
      shares[label] += 1 / count;
      for (let i = 0; i < width; i++) {
        row[i] = (features[(first + step) * width + i] - mean[i]) / deviation[i];
        // The features have mean 0, so the mean of the targets drops out here.
        moment[i] += row[i] / count;
      }
    }
    for (let i = 0; i < width; i++) {
      const line = gram[i];
      const [ai, bi, ci, di] = [a[i] / count, b[i] / count, c[i] / count, d[i] / count];
      for (let j = 0; j <= i; j++) line[j] += ai * a[j] + bi * b[j] + ci * c[j] + di * d[j];
    }
  }
  return { gram, moments, mean, deviation, shares };
}

/**
 * Mean and standard deviation of each column; a column that never changes gets deviation 1.
 *
 * @param {Float32Array} features
 * @param {number} width
 */
function measureColumns(features, width) {
  const rows = features.length / width;
  const mean = new Float64Array(width);
  const deviation = new Float64Array(width);
  for (let at = 0; at < features.length; at++) mean[at % width] += features[at] / rows;
  for (let at = 0; at < features.length; at++)
    deviation[at % width] += (features[at] - mean[at % width]) ** 2;
  for (let i = 0; i < width; i++) {
    const measured = Math.sqrt(deviation[i] / rows);
    // Sums that should be 0 are not quite.
    deviation[i] = measured > 1e-9 * Math.abs(mean[i]) ? measured : 1;
  }
  return { mean, deviation };
}

/**
 * Cholesky's factor L of gram + penalties = L Lᵀ, row by row.
 *
 * @param {readonly Float64Array[]} gram
 * @param {Float64Array} penalties One per group.
 * @param {number} groupSize
 */
function factorise(gram, penalties, groupSize) {
  /** @type {Float64Array[]} */
  const factor = [];
  for (const [i, line] of gram.entries()) {
    const own = Float64Array.from(line);
    own[i] += penalties[Math.floor(i / groupSize)];
    for (let j = 0; j <= i; j++) {
      const other = j === i ? own : factor[j];
      let sum = own[j];
      for (let k = 0; k < j; k++) sum -= own[k] * other[k];
      own[j] = j === i ? Math.sqrt(sum) : sum / other[j];
    }
    factor.push(own);
  }
  return factor;
}

/**
 * Solves L Lᵀ x = target.
 *
 * @param {readonly Float64Array[]} factor
 * @param {Float64Array} target
 */
function solve(factor, target) {
  const x = Float64Array.from(target);
  for (const [i, line] of factor.entries()) {
    for (let k = 0; k < i; k++) x[i] -= line[k] * x[k];
    x[i] /= line[i];
  }
  for (let i = x.length - 1; i >= 0; i--) {
    const line = factor[i];
    x[i] /= line[i];
    for (let k = 0; k < i; k++) x[k] -= line[k] * x[i];
  }
  return x;
}

/**
 * L2 norm of the weights of each group, over all classes.
 *
 * @param {readonly Float64Array[]} solutions
 * @param {number} groups
 * @param {number} groupSize
 */
function measureGroups(solutions, groups, groupSize) {
  const norms = new Float64Array(groups);
  for (const solution of solutions) {
    for (const [i, weight] of solution.entries()) norms[Math.floor(i / groupSize)] += weight ** 2;
  }
  return norms.map(Math.sqrt);
}

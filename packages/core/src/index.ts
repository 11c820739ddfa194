// What @espalier/core offers.
export * from './coupling/coupling.ts';
export * from './engine/engine.ts';
export * from './errors.ts';
export * from './onnx/model.ts';
export * from './plan/plan.ts';
export * from './random.ts';

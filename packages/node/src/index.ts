// What @espalier/node offers.
export * from './bench/latency.ts';
export * from './bench/machine.ts';
export * from './data/cifar10.ts';
export * from './data/records.ts';
export * from './engine/ort-engine.ts';
export * from './workers/tile-pool.ts';

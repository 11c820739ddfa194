// What @espalier/node offers.
export * from './bench/latency.ts';
export * from './bench/machine.ts';
export * from './engine/ort-engine.ts';

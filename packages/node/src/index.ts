// What @espalier/node offers.
export * from './engine/ort-engine.ts';

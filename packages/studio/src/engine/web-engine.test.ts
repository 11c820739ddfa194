// The web build of the runtime runs in Node too, where it is the same WebAssembly.
import * as ort from 'onnxruntime-web';
import { describeEngine } from '../../../core/src/engine/engine.case.ts';
import { createWebEngine } from './web-engine.ts';

ort.env.wasm.numThreads = 1;
ort.env.logLevel = 'fatal';
describeEngine({ name: 'onnxruntime-web', createEngine: () => createWebEngine(ort) });

// One training graph in the engine, with the state it works on: what a step takes, what it leaves.
import {
  type Engine,
  type LoadOptions,
  type NdArray,
  type Session,
  STEP_INPUTS,
  STEP_OUTPUTS,
  stateInput,
  stateOutput,
  type TrainingProgram,
} from '@espalier/core';

/** Everything a training remembers between steps, as plain vectors by name: see `TrainingProgram.state`. */
export type TrainingVectors = Readonly<Record<string, Float32Array>>;

/** The scalars of one step. */
export interface StepScalars {
  /** Learning rate, above 0. */
  readonly rate: number;
  /** Share of the weights' average that stays, 0 to 1. */
  readonly averageDecay: number;
  /** Optimizer steps counted from 1. */
  readonly step: number;
}

/** What one step found. */
export interface StepResult {
  readonly loss: number;
  readonly gradientNorm: number;
  readonly vectors: TrainingVectors;
}

/** A loaded training graph. Close it. */
export interface TrainingSession {
  /** Runs one step: nothing is changed, the new state is in the result. Errors: those of the engine. */
  run(
    feeds: Readonly<Record<string, NdArray>>,
    vectors: TrainingVectors,
    scalars: StepScalars,
  ): Promise<StepResult>;
  close(): Promise<void>;
}

/** Loads a training graph. Errors: those of the engine. */
export async function openTrainingSession(
  engine: Engine,
  program: TrainingProgram,
  load: LoadOptions,
): Promise<TrainingSession> {
  // The graph is written as it should run: rewriting it would cost seconds and undo formulations that were chosen by measurement.
  const session: Session = await engine.load(program.model, {
    ...load,
    optimization: 'disabled',
    memoryPlan: false,
  });
  const used = new Set(session.inputs.map(({ name }) => name));
  const scalar = (value: number): NdArray => ({ type: 'float32', dims: [], data: Float32Array.of(value) });
  return {
    async run(feeds, vectors, { rate, averageDecay, step }) {
      const all: Record<string, NdArray> = {
        ...feeds,
        [STEP_INPUTS.rate]: scalar(rate),
        [STEP_INPUTS.averageDecay]: scalar(averageDecay),
        [STEP_INPUTS.step]: scalar(step),
      };
      for (const { name, length } of program.state) {
        all[stateInput(name)] = { type: 'float32', dims: [length], data: vectors[name]! };
      }
      const outputs = await session.run(
        Object.fromEntries(Object.entries(all).filter(([name]) => used.has(name))),
      );
      const number = (name: string): number => Number(outputs[name]!.data[0]);
      return {
        loss: number(STEP_OUTPUTS.loss),
        gradientNorm: number(STEP_OUTPUTS.gradientNorm),
        vectors: Object.fromEntries(
          program.state.map(({ name }) => [name, outputs[stateOutput(name)]!.data as Float32Array]),
        ),
      };
    },
    close: () => session.close(),
  };
}

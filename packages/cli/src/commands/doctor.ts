// `espalier doctor`: does everything that espalier needs work here?
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EspalierError, GraphBuilder } from '@espalier/core';
import {
  createOrtEngine,
  decodeImage,
  describeMachine,
  findDisturbances,
  type MachineDescription,
} from '@espalier/node';
import type { DoctorDocument } from '../documents/doctor-document.ts';
import { toEspalierError } from '../errors/to-espalier-error.ts';
import { formatDoctor } from '../report/doctor-report.ts';
import { readVersion } from '../version.ts';
import type { RunCommand } from './command.ts';

type Check = DoctorDocument['checks'][number];

/** Runs the command: fails with the error of the first check that failed. */
export const runDoctor: RunCommand<'doctor'> = async ({ terminal }) => {
  const machine = await describeMachine();
  const engine = await tryOut('inference engine', 'ONNX Runtime runs a model on the cpu.', runSmallModel);
  const images = await tryOut('image decoder', 'Pictures can be decoded.', decodePixel);
  const failure = engine.failure ?? images.failure;
  const document: DoctorDocument = {
    schema: 'espalier/doctor@1',
    version: readVersion(),
    machine: { ...machine, load: [...machine.load], providers: [...machine.providers] },
    checks: [engine.check, images.check, checkLoad(machine)],
  };
  return {
    document,
    lines: formatDoctor(document, terminal.paint),
    ...(failure === undefined ? {} : { failure }),
  };
};

/** A check with the failure behind it, if any. */
interface Outcome {
  readonly check: Check;
  readonly failure?: EspalierError;
}

async function tryOut(name: string, text: string, attempt: () => Promise<void>): Promise<Outcome> {
  try {
    await attempt();
    return { check: { name, status: 'ok', text } };
  } catch (thrown) {
    const failure = toEspalierError(thrown);
    const hint = failure.hint === undefined ? {} : { hint: failure.hint };
    return { check: { name, status: 'failed', text: failure.message, ...hint }, failure };
  }
}

/** Runs a model of one node on the processor. */
async function runSmallModel(): Promise<void> {
  const g = new GraphBuilder();
  g.output(g.node('Neg', [g.input('x', [1])]), [1]);
  const session = await createOrtEngine().load(g.model());
  const answer = await session.run({ x: { type: 'float32', dims: [1], data: Float32Array.of(2) } });
  await session.close();
  const value = answer[session.outputs[0]!.name]?.data[0];
  if (value === -2) return;
  throw new EspalierError({
    kind: 'engine',
    code: 'doctor.wrong-result',
    message: `ONNX Runtime computes Neg(2) as ${value}.`,
    hint: 'Reinstall onnxruntime-node.',
  });
}

/** A PNG of one white pixel. */
const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP4DwABAQEAsTj2FAAAAABJRU5ErkJggg==';

async function decodePixel(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'espalier-doctor-'));
  try {
    const path = join(folder, 'pixel.png');
    await writeFile(path, Buffer.from(PIXEL, 'base64'));
    await decodeImage(path);
  } finally {
    await rm(folder, { recursive: true });
  }
}

function checkLoad(machine: MachineDescription): Check {
  const name = 'quiet machine';
  const disturbances = findDisturbances(machine);
  return disturbances.length === 0
    ? { name, status: 'ok', text: 'Nothing disturbs measurements.' }
    : { name, status: 'warning', text: disturbances.join(' '), hint: 'Stop other work before you measure.' };
}

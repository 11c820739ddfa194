// What this machine is and how busy it is: the part of every measurement that a number alone does not tell.
import { readFile } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';
import { createOrtEngine, listProviders } from '../engine/ort-engine.ts';

/** A machine at one moment. */
export interface MachineDescription {
  /** Version of Node, e.g. `20.20.2`. */
  readonly node: string;
  /** Version of onnxruntime-node, or `not installed`. */
  readonly onnxruntime: string;
  /** Operating system and architecture as Node names them, e.g. `linux-x64`. */
  readonly platform: string;
  /** Version of the kernel or operating system. */
  readonly release: string;
  /** Model of the first processor, e.g. `AMD EPYC 7B13`; empty where the system does not say. */
  readonly cpu: string;
  /** Logical cores this process may use. */
  readonly cores: number;
  /** Installed memory, bytes. */
  readonly memory: number;
  /** Providers the runtime was built with; empty when it cannot be loaded. */
  readonly providers: readonly string[];
  /** Runnable processes, mean over 1, 5 and 15 minutes; zeros on Windows, which does not count them. */
  readonly load: readonly [number, number, number];
  /** Frequency governor of the first core, where the system tells: `performance`, `powersave`, … */
  readonly governor?: string;
}

/** Describes the machine this process runs on. Nothing throws: what cannot be found out is empty or absent. */
export async function describeMachine(): Promise<MachineDescription> {
  const [one = 0, five = 0, fifteen = 0] = loadavg();
  const governor = await readGovernor();
  return {
    node: process.versions.node,
    onnxruntime: createOrtEngine().version,
    platform: `${process.platform}-${process.arch}`,
    release: release(),
    cpu: cpus()[0]?.model.trim() ?? '',
    cores: availableParallelism(),
    memory: totalmem(),
    providers: await listProviders().catch(() => []),
    load: [one, five, fifteen],
    ...(governor === undefined ? {} : { governor }),
  };
}

/** Reasons to distrust a measurement started on this machine now, as sentences; empty when there are none. */
export function findDisturbances(machine: MachineDescription): readonly string[] {
  const { cores, governor } = machine;
  const load = machine.load[0];
  return [
    // A quarter of one core in a minute is more than an idle system uses by itself.
    ...(load > 0.25
      ? [`Other work is running: the load average is ${load.toFixed(2)} on ${cores} cores.`]
      : []),
    ...(governor !== undefined && governor !== 'performance'
      ? [`The frequency governor is '${governor}': the clock rises and falls during the measurement.`]
      : []),
  ];
}

async function readGovernor(): Promise<string | undefined> {
  const path = '/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor';
  return readFile(path, 'utf8').then(
    (text) => text.trim(),
    () => undefined,
  );
}

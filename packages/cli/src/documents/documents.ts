// Every JSON document by the command that prints it.
import type { z } from 'zod';
import type { CommandName } from '../commands/command-names.ts';
import { benchDocument } from './bench-document.ts';
import { compareDocument } from './compare-document.ts';
import { configDocument } from './config-document.ts';
import { devicesListDocument } from './devices-list-document.ts';
import { devicesProfileDocument } from './devices-profile-document.ts';
import { devicesServeDocument } from './devices-serve-document.ts';
import { doctorDocument } from './doctor-document.ts';
import { errorDocument } from './error-document.ts';
import { evalDocument } from './eval-document.ts';
import { groupsDocument } from './groups-document.ts';
import { initDocument } from './init-document.ts';
import { inspectDocument } from './inspect-document.ts';
import { pruneDocument } from './prune-document.ts';
import { recalibrateDocument, reconstructDocument } from './recover-document.ts';
import { runsCompareDocument } from './runs-compare-document.ts';
import { runsListDocument } from './runs-list-document.ts';
import { runsReportDocument } from './runs-report-document.ts';
import { runsRmDocument } from './runs-rm-document.ts';
import { runsShowDocument } from './runs-show-document.ts';
import { scoreDocument } from './score-document.ts';
import { searchDocument } from './search-document.ts';
import { sensitivityDocument } from './sensitivity-document.ts';
import { finetuneDocument, trainDocument } from './training-document.ts';
import { verifyDocument } from './verify-document.ts';
import { workerDocument } from './worker-document.ts';

/** The documents; `config schema` prints a JSON Schema instead, and any command an `error` when it fails. */
export const documents = {
  inspect: inspectDocument,
  groups: groupsDocument,
  score: scoreDocument,
  prune: pruneDocument,
  sensitivity: sensitivityDocument,
  init: initDocument,
  run: searchDocument,
  finetune: finetuneDocument,
  train: trainDocument,
  compare: compareDocument,
  'runs list': runsListDocument,
  'runs show': runsShowDocument,
  'runs compare': runsCompareDocument,
  'runs report': runsReportDocument,
  'runs rm': runsRmDocument,
  verify: verifyDocument,
  recalibrate: recalibrateDocument,
  reconstruct: reconstructDocument,
  eval: evalDocument,
  bench: benchDocument,
  'devices list': devicesListDocument,
  'devices serve': devicesServeDocument,
  'devices profile': devicesProfileDocument,
  worker: workerDocument,
  doctor: doctorDocument,
  'config print': configDocument,
  error: errorDocument,
} as const satisfies Readonly<Record<Exclude<CommandName, 'config schema'> | 'error', z.ZodObject>>;

// What a device server and a host say to each other, over plain HTTP: the host joins with the pairing token and keeps one stream open, on
// which the server sends lines of JSON; the host answers with posts.

import type { ErrorKind } from '../errors.ts';
import type { InputSize } from '../graph/traced-model.ts';
import type { HostFacts } from './device-host.ts';
import type { ModelTimes, TimingEvent, TimingLength } from './time-rounds.ts';

/** Body of `POST /api/join`, sent with the pairing token as bearer. */
export interface JoinRequest {
  readonly facts: HostFacts;
  /** Who it was before, when a page was loaded again or the connection was lost. */
  readonly former?: HostIdentity;
}

/** Answer to it. */
export interface HostIdentity {
  readonly id: string;
  /** Bearer of everything the host asks for from now on. */
  readonly key: string;
}

/** A measurement, as it is sent to a host. */
export interface HostJob {
  /** Random, of this attempt only. */
  readonly job: string;
  readonly provider: string;
  readonly threads?: number;
  readonly seed: number;
  readonly length: TimingLength;
  /** To be fetched one by one: `GET /api/jobs/JOB/models/INDEX`. */
  readonly models: readonly {
    readonly name: string;
    /** Size of the file. */
    readonly bytes: number;
    readonly inputSize?: InputSize;
  }[];
}

/** A line of the stream `GET /api/stream`; lines without text only show that the server is there. */
export type ServerMessage =
  | ({ readonly type: 'job' } & HostJob)
  /** Nobody waits for this job any more. */
  | { readonly type: 'cancel'; readonly job: string }
  /** There will be no more jobs. */
  | { readonly type: 'bye' };

/** Body of `POST /api/jobs/JOB/reports`. */
export type HostReport =
  | Exclude<TimingEvent, { readonly type: 'timed' }>
  | { readonly type: 'warning'; readonly message: string }
  /** Still at work. */
  | { readonly type: 'alive' }
  /** `threads` is how many the runtime really took, where it tells. */
  | { readonly type: 'timed'; readonly times: readonly ModelTimes[]; readonly threads?: number }
  | {
      readonly type: 'failed';
      readonly kind: ErrorKind;
      readonly code: string;
      readonly message: string;
      readonly hint?: string;
    };

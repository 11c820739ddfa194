// Hosts that have joined, and the jobs they are given. It knows nothing of HTTP: the server tells it who came, said something or left.
import { EventEmitter, on } from 'node:events';
import {
  describeHosted,
  EspalierError,
  type HostFacts,
  type HostIdentity,
  type HostPlacement,
  type HostReport,
  type JoinRequest,
  refuseNoModels,
  refuseWhenAborted,
  type ServerMessage,
} from '@espalier/core';
import type { Device, DeviceEvent } from '../device.ts';
import { concludeJob, describeJob, failJob, isDevice, type Job, leftError } from './device-job.ts';
import { makeKey, sameSecret } from './pairing.ts';

/** How patient a hub is. */
export interface HubOptions {
  /** Seconds a job waits for its device to come back, default 120. */
  readonly returnSeconds?: number;
  /** Seconds after which a host that measures and says nothing counts as gone, default 150: browsers let the clocks of hidden pages tick once a minute. */
  readonly silenceSeconds?: number;
}

/** A host that has joined and is connected. */
export interface JoinedHost {
  readonly id: string;
  readonly facts: HostFacts;
}

/** One connection to a host. */
export interface Line {
  send(message: ServerMessage): void;
  close(): void;
}

interface Host {
  readonly id: string;
  readonly key: string;
  facts: HostFacts;
  /** Absent while it is not connected. */
  line?: Line;
  job?: Job;
  lastHeard: number;
}

/** A device that makes a job fail again and again is not asked for ever. */
const MOST_ATTEMPTS = 5;
/** Whoever has the token could join without end. */
const MOST_HOSTS = 200;

/**
 * A meeting place of hosts and jobs. A job belongs to a fingerprint: when its host leaves, it is put back and measured again from the start, on the
 * same host when it returns or on any other of the same fingerprint. Close it.
 */
export class DeviceHub {
  readonly #hosts = new Map<string, Host>();
  readonly #jobs = new Set<Job>();
  readonly #changes = new EventEmitter();
  readonly #returnMs: number;
  readonly #silenceMs: number;
  readonly #watch: NodeJS.Timeout;

  constructor({ returnSeconds = 120, silenceSeconds = 150 }: HubOptions = {}) {
    this.#returnMs = returnSeconds * 1000;
    this.#silenceMs = silenceSeconds * 1000;
    this.#changes.setMaxListeners(0);
    this.#watch = setInterval(() => this.#dropSilent(), Math.min(1000, this.#silenceMs)).unref();
  }

  /** Takes a host in, or back where it proves to be one that was here before. Undefined when there is no room. */
  join({ facts, former }: JoinRequest): HostIdentity | undefined {
    const known = former && this.#hosts.get(former.id);
    if (known && sameSecret(known.key, former.key)) {
      known.facts = { ...facts, name: this.#freeName(facts.name, known.id) };
      return { id: known.id, key: known.key };
    }
    if (this.#hosts.size >= MOST_HOSTS) return undefined;
    const [id, key] = [makeKey(), makeKey()];
    const named = { ...facts, name: this.#freeName(facts.name, id) };
    this.#hosts.set(id, { id, key, facts: named, lastHeard: Date.now() });
    return { id, key };
  }

  /** The id of the host with that key. */
  find(key: string): string | undefined {
    return [...this.#hosts.values()].find((host) => sameSecret(host.key, key))?.id;
  }

  /** Opens the line to a host, in place of one it had. The result ends it and puts back what the host was working on. */
  connect(id: string, line: Line): () => void {
    const host = this.#hosts.get(id)!;
    const former = host.line;
    this.#leave(host);
    former?.close();
    host.line = line;
    host.lastHeard = Date.now();
    this.#changes.emit('change');
    this.#assign();
    return () => {
      if (host.line !== line) return;
      this.#leave(host);
      this.#assign();
    };
  }

  /** Bytes of a model of the job that this host works on. */
  modelFor(id: string, attempt: string, index: number): Uint8Array | undefined {
    return this.#jobOf(id, attempt)?.models[index]?.bytes;
  }

  /** Hears what a host says of its job; false when the job is not, or no longer, its own. */
  report(id: string, attempt: string, report: HostReport): boolean {
    const job = this.#jobOf(id, attempt);
    if (!job) return false;
    const host = this.#hosts.get(id)!;
    host.lastHeard = Date.now();
    switch (report.type) {
      case 'alive':
        break;
      case 'timed':
        release(host);
        concludeJob(job, report);
        break;
      case 'failed':
        release(host);
        failJob(job, new EspalierError({ ...report, message: `${host.facts.name}: ${report.message}` }));
        break;
      default:
        if (report.type === 'warning') job.warnings.push(report.message);
        job.events.emit('event', report satisfies DeviceEvent);
    }
    return true;
  }

  /** Hosts that are connected now. */
  hosts(): readonly JoinedHost[] {
    return [...this.#hosts.values()].filter(({ line }) => line).map(({ id, facts }) => ({ id, facts }));
  }

  /** The first connected host that fits, now or when it comes. Throws `interrupted`. */
  async waitForHost(fits: (host: JoinedHost) => boolean, signal?: AbortSignal): Promise<JoinedHost> {
    refuseWhenAborted(signal);
    const changes = on(this.#changes, 'change', signal && { signal });
    try {
      for (;;) {
        const found = this.hosts().find(fits);
        if (found) return found;
        await changes.next();
      }
    } catch (error) {
      refuseWhenAborted(signal);
      throw error;
    } finally {
      await changes.return?.();
    }
  }

  /** A host with a placement as a device. Throws what {@link describeHosted} does. */
  openDevice({ facts }: JoinedHost, placement: HostPlacement = {}): Device {
    const device = describeHosted(facts, placement);
    return {
      description: device,
      time: (models, options = {}) =>
        this.#time({
          device,
          placement,
          models,
          options,
          events: new EventEmitter(),
          warnings: [],
          attempts: 0,
        }),
      close: async () => {},
    };
  }

  /** Says goodbye to all hosts and fails the jobs that are open. */
  close(): void {
    clearInterval(this.#watch);
    for (const job of this.#jobs) {
      const message = 'The device server was closed.';
      failJob(job, new EspalierError({ kind: 'engine', code: 'device.closed', message }));
    }
    for (const { line } of this.#hosts.values()) {
      line?.send({ type: 'bye' });
      line?.close();
    }
  }

  async *#time(job: Job): AsyncGenerator<DeviceEvent, void, undefined> {
    refuseNoModels(job.models);
    const { signal } = job.options;
    refuseWhenAborted(signal);
    const events = on(job.events, 'event', signal && { signal }) as AsyncIterable<[DeviceEvent]>;
    this.#jobs.add(job);
    try {
      this.#awaitReturn(job);
      this.#assign();
      for await (const [event] of events) {
        yield event;
        if (event.type === 'timed') return;
      }
    } catch (error) {
      refuseWhenAborted(signal);
      throw error;
    } finally {
      this.#withdraw(job);
    }
  }

  /** Gives every waiting job a host that is its device and has nothing to do. */
  #assign(): void {
    for (const job of this.#jobs) {
      if (job.attempt !== undefined) continue;
      const host = [...this.#hosts.values()].find(
        (candidate) => candidate.line && !candidate.job && isDevice(candidate.facts, job),
      );
      if (!host) continue;
      clearTimeout(job.timer);
      job.attempt = makeKey();
      job.attempts++;
      job.warnings.length = 0;
      host.job = job;
      host.lastHeard = Date.now();
      host.line!.send({ type: 'job', ...describeJob(job, job.attempt) });
    }
  }

  #leave(host: Host): void {
    delete host.line;
    const { job } = host;
    if (job) {
      release(host);
      if (job.attempts >= MOST_ATTEMPTS) failJob(job, leftError(job, `${job.attempts} times`));
      else {
        const message = `${host.facts.name} has left while it measured; when it is back, everything is measured again.`;
        job.events.emit('event', { type: 'warning', message } satisfies DeviceEvent);
        this.#awaitReturn(job);
      }
    }
    this.#changes.emit('change');
  }

  #awaitReturn(job: Job): void {
    clearTimeout(job.timer);
    const late = leftError(job, `and is not back after ${this.#returnMs / 1000} s`);
    job.timer = setTimeout(() => failJob(job, late), this.#returnMs);
  }

  #withdraw(job: Job): void {
    clearTimeout(job.timer);
    this.#jobs.delete(job);
    for (const host of this.#hosts.values()) {
      if (host.job !== job) continue;
      host.line?.send({ type: 'cancel', job: job.attempt! });
      release(host);
    }
    this.#assign();
  }

  #jobOf(id: string, attempt: string): Job | undefined {
    const job = this.#hosts.get(id)?.job;
    return job?.attempt === attempt ? job : undefined;
  }

  #dropSilent(): void {
    for (const { job, line, lastHeard } of this.#hosts.values()) {
      if (job && line && Date.now() - lastHeard > this.#silenceMs) line.close();
    }
  }

  /** Two phones of one kind are told apart by a number. */
  #freeName(name: string, id: string): string {
    const others = [...this.#hosts.values()].filter((host) => host.id !== id);
    const taken = new Set(others.map(({ facts }) => facts.name));
    let free = name;
    for (let number = 2; taken.has(free); number++) free = `${name} ${number}`;
    return free;
  }
}

/** A host is done with its job, or the job with its host. */
function release(host: Host): void {
  delete host.job?.attempt;
  delete host.job;
}

// Options about where models are measured: another device, a command, and the server that devices join.
import type { OptionRow } from './option-row.ts';

const ONE_PLACE_COMMANDS = ['bench', 'prune', 'devices profile'] as const;
const MANY_PLACES_COMMANDS = ['run', 'compare'] as const;
const MEASURING_COMMANDS = [...ONE_PLACE_COMMANDS, ...MANY_PLACES_COMMANDS] as const;
const SERVING_COMMANDS = [...MEASURING_COMMANDS, 'devices serve'] as const;

/** The rows. */
export const deviceOptions = {
  on: {
    group: 'Devices',
    type: 'text',
    value: 'NAME',
    text: 'measure on a device that joins: browser, worker, or a part of its name; without it on this machine',
    examples: ['browser', 'worker', 'pixel'],
    commands: ONE_PLACE_COMMANDS,
  },
  devices: {
    group: 'Devices',
    type: 'list',
    value: 'NAME,NAME',
    text: 'measure on each of these: local for this machine, browser, worker, or a part of the name of a device that joins; what --bench-command names is one more; without either on this machine',
    examples: [['local', 'browser'], ['pixel']],
    commands: MANY_PLACES_COMMANDS,
  },
  benchCommand: {
    group: 'Devices',
    type: 'text',
    value: 'LINE',
    text: 'measure with a shell line that prints milliseconds; {model} stands for the path of the ONNX file',
    examples: ["ssh board 'cat > m.onnx && trtexec --onnx=m.onnx' < {model}"],
    commands: MEASURING_COMMANDS,
  },
  benchPattern: {
    group: 'Devices',
    type: 'text',
    value: 'REGEX',
    text: 'where --bench-command prints the milliseconds: a regular expression with one group; without it the last number before ms, or alone on a line',
    examples: ['GPU Compute Time:.* median = ([0-9.]+) ms'],
    commands: MEASURING_COMMANDS,
  },
  benchTimeout: {
    group: 'Devices',
    type: 'number',
    value: 'S',
    default: 600,
    above: 0,
    text: 'seconds one call of --bench-command may take',
    commands: MEASURING_COMMANDS,
  },
  host: {
    group: 'Devices',
    type: 'text',
    value: 'ADDRESS',
    default: '127.0.0.1',
    text: 'where the device server listens: this machine alone, or 0.0.0.0 for the network too',
    commands: SERVING_COMMANDS,
  },
  port: {
    group: 'Devices',
    type: 'integer',
    value: 'N',
    default: 8797,
    min: 0,
    max: 65_535,
    text: 'port of the device server; 0 takes any that is free',
    commands: SERVING_COMMANDS,
  },
  token: {
    group: 'Devices',
    type: 'text',
    value: 'TOKEN',
    text: 'pairing token; without it a random one, for worker the one in the address',
    examples: ['k7qf-2m9x-4tzd'],
    commands: [...SERVING_COMMANDS, 'worker'],
  },
  https: {
    group: 'Devices',
    type: 'flag',
    default: false,
    text: 'serve over https with a certificate of this machine, made once with openssl: pages elsewhere have threads and WebGPU only then',
    commands: SERVING_COMMANDS,
  },
  cert: {
    group: 'Devices',
    type: 'path',
    value: 'FILE',
    text: 'certificate (PEM) of your own to serve over https with',
    examples: ['cert.pem'],
    commands: SERVING_COMMANDS,
  },
  certKey: {
    group: 'Devices',
    type: 'path',
    value: 'FILE',
    text: 'private key (PEM) of --cert',
    examples: ['key.pem'],
    commands: SERVING_COMMANDS,
  },
  count: {
    group: 'Devices',
    type: 'integer',
    value: 'N',
    min: 1,
    text: 'end when N devices were measured; without it at Ctrl-C',
    examples: [3],
    commands: ['devices serve'],
  },
  join: {
    group: 'Devices',
    type: 'text',
    value: 'URL',
    text: 'the address that bench --on or devices serve prints',
    examples: ['http://192.168.1.20:8797/#k7qf-2m9x-4tzd'],
    commands: ['worker'],
  },
  name: {
    group: 'Devices',
    type: 'text',
    value: 'NAME',
    text: 'what reports call this machine; without it its host name',
    examples: ['board'],
    commands: ['worker'],
  },
} as const satisfies Readonly<Record<string, OptionRow>>;

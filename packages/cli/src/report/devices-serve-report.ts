// `devices serve` as text.
import type { DevicesServeDocument } from '../documents/devices-serve-document.ts';
import type { Paint } from '../output/paint.ts';
import { formatLatency, formatStart } from './latency-report.ts';

/** Lines of the report: a table per device, one below the other, because their times are not to be compared; then what failed. */
export function formatDevicesServe(
  { devices, failures }: DevicesServeDocument,
  paint: Paint,
): readonly string[] {
  if (devices.length === 0 && failures.length === 0) return ['No device was measured.'];
  return [
    ...devices.flatMap((latency, i) => [
      ...(i === 0 ? [] : ['']),
      paint.bold(latency.device?.name ?? ''),
      ...formatLatency(latency),
      ...formatStart(latency),
    ]),
    ...failures.flatMap(({ message }) => ['', paint.yellow(message)]),
  ];
}

// Moments as people read them.

/** `2026-07-30 12:03` in local time of an ISO date; `-` where there is none. */
export function formatDate(iso: string | null): string {
  if (iso === null) return '-';
  const date = new Date(iso);
  const two = (number: number): string => String(number).padStart(2, '0');
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-');
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}`;
}

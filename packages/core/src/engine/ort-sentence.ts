// What ONNX Runtime says when something fails, made fit for one of our own messages.

/** The runtime's sentence on one line, without the path of its own source file in front. */
export function sentenceOf(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause);
  return text
    .replace(/\s+/g, ' ')
    .replace(/\/\S*\.(cc|h):\d+ /, '')
    .trim();
}

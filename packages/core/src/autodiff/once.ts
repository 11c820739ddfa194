// Intermediate values that several gradients of one node share.

/** The function that calls `make` when first asked and hands out the same result ever after. */
export function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

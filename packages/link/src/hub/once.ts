/**
 * Remembers what was made of an object for as long as the object lives: a store that keeps what it read in memory hands out the same object every time, and
 * reading a large plan or large facts takes long. The answers are shared: read-only.
 */
export function once<From extends object, To>(make: (from: From) => To): (from: From) => To {
  const made = new WeakMap<From, { readonly value: To }>();
  return (from) => {
    const known = made.get(from) ?? { value: make(from) };
    made.set(from, known);
    return known.value;
  };
}

type Optional<T> = { [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined> };
type Required<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] };

/** A copy without the fields that are undefined: absent is absent, so that equal objects are equal as JSON. */
export function compact<T extends object>(value: T): Optional<T> & Required<T> {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as Optional<T> & Required<T>;
}

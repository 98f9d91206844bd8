/** An object whose fields are still being set. */
export type Mutable<T> = { -readonly [Key in keyof T]: T[Key] }

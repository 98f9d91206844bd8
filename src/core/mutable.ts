/** What is not finished yet: an object that is still being filled in. */
export type Mutable<T> = { -readonly [Key in keyof T]: T[Key] }

import type { Owner } from '../../test/fixtures/children.ts'

/** A list of things to end, for fixtures that end with their test. `end` ends them, the last one first. */
export const createOwner = (): Owner & { readonly end: () => Promise<void> } => {
  const ends: (() => unknown)[] = []
  return {
    teardown: end => ends.push(end),
    end: async () => {
      for (let end = ends.pop(); end; end = ends.pop()) await end()
    },
  }
}

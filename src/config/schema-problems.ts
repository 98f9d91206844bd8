import type { z } from 'zod'
import type { Finding, KeyPath } from './problem.ts'
import { didYouMean } from './suggest.ts'

type Issue = z.core.$ZodIssue

const keysOf = (path: readonly PropertyKey[]): KeyPath =>
  path.map(key => (typeof key === 'number' ? key : String(key)))

type Definition = {
  readonly innerType?: z.core.$ZodType
  readonly element?: z.core.$ZodType
  readonly options?: readonly z.core.$ZodType[]
  readonly shape?: Readonly<Record<string, z.core.$ZodType>>
}

/** The keys that the schema allows in the mapping at a path. */
const knownKeys = (schema: z.core.$ZodType, path: KeyPath): readonly string[] => {
  const definition = schema._zod.def as Definition
  if (definition.innerType) return knownKeys(definition.innerType, path)
  if (definition.options) {
    return definition.options.flatMap(option => knownKeys(option, path))
  }
  const [key, ...rest] = path
  if (key === undefined) return Object.keys(definition.shape ?? {})
  const next = definition.element ?? definition.shape?.[key]
  return next ? knownKeys(next, rest) : []
}

/**
 * The branch of a choice that the value most likely meant: the one whose first issue is nested deepest, if
 * any is nested.
 */
const deepest = (branches: readonly (readonly Issue[])[]): readonly Issue[] => {
  const depth = (issues: readonly Issue[]): number => issues[0]?.path.length ?? 0
  const [best = []] = branches.toSorted((a, b) => depth(b) - depth(a))
  return depth(best) > 0 ? best : []
}

const findingsOf = (root: z.ZodType, issue: Issue, base: KeyPath): readonly Finding[] => {
  const path = [...base, ...keysOf(issue.path)]
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(root, path)
    return issue.keys.map(key => ({
      path: [...path, key],
      what: 'key',
      message: `is not a key here${didYouMean(key, known)}; allowed: ${known.join(', ')}`,
    }))
  }
  if (issue.code === 'invalid_key') {
    return issue.issues.map(({ message }) => ({ path, what: 'key', message }))
  }
  if (issue.code === 'invalid_union') {
    const branch = deepest(issue.errors)
    if (branch.length > 0) return branch.flatMap(inner => findingsOf(root, inner, path))
  }
  return [{ path, what: 'value', message: issue.message }]
}

/** Converts a failed validation to findings, one for each mistake. `root` is the schema that was used. */
export const schemaFindings = (root: z.ZodType, error: z.ZodError): readonly Finding[] =>
  error.issues.flatMap(issue => findingsOf(root, issue, []))
